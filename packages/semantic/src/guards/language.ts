import { type Guard, sameText, show } from "./guard.ts";

/** Another script or language, or one that the guards have no words of: then none of them could see a difference. */
export const language: Guard = ({ asked, stored, language: known }) => {
  const scripts = sameText(asked.scripts, stored.scripts, "language", "They are written in different scripts.");
  if (scripts !== undefined) return scripts;
  const foreign = [asked, stored].find((each) => each.language !== undefined && each.language !== known.code);
  const isForeignScript = asked.scripts !== "" && asked.scripts !== known.script;
  if (foreign === undefined && !isForeignScript) return undefined;
  const reason = "They are in a language that the guards do not know.";
  return { code: "language", reason, detail: `${show(foreign?.language ?? asked.scripts)} is asked or stored` };
};
