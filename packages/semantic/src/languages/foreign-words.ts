import { nameOfWords } from "./tables.ts";

/** Frequent words of languages of the Latin script, each in one of them alone: enough to see that a prompt is in another language. */
export const foreignWords: ReadonlyMap<string, string> = nameOfWords(`
en: the and what how why where which is are with from this that you your please tell does should
de: der das und ist nicht ein eine einen mit für auf ich wie warum welche wo kann wir ihr mein dein bitte zu auch über den dem des wird haben sind oder
fr: le les et est pas une des du dans pour qui je vous nous avec sur comment pourquoi quel quelle où mon ma votre sont être avez c'est qu'est quels puis
es: el los las y es una del para por qué cómo cuál dónde cuándo quién está mi tu su con puedo tengo hay más también pero como cual
pt: os um uma não você é são meu minha seu como qual onde quando quem eu tenho está mais também posso fazer
it: il gli che di non è una per come perché quale dove quando chi mio tuo sono della nel posso ho anche più
nl: het een van niet ik je hoe waarom welke waar mijn wat zijn voor met kan naar ook wij
sv: och är inte att jag du hur varför vilken var ett det som för
pl: jest nie się jak dlaczego gdzie kiedy mój moja czy
tr: bir ve için nasıl neden nerede bu mı değil benim
`);
