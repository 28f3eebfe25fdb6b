/** The question of the first act, which a second process asks again in the last. */
export const skyQuestion = "Why is the sky blue?";
