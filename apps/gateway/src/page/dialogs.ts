import { api } from "./api.ts";
import { find, findAs, make } from "./dom.ts";
import { formatBytes, formatMoment } from "./format.ts";

const entry = findAs(HTMLDialogElement, "entry");
const clearing = findAs(HTMLDialogElement, "clearing");
const remove = findAs(HTMLButtonElement, "entry-delete");
const clear = findAs(HTMLButtonElement, "clearing-yes");

/** What the buttons of an open dialog do. */
const actions = { remove: async () => {}, clear: async () => {} };

/** Shows what is stored under a key, with a button that deletes it. */
export async function showEntry(key: string, onDeleted: (message: string) => void): Promise<void> {
  const content = find("entry-content");
  find("entry-key").textContent = key;
  find("entry-error").textContent = "";
  find("entry-facts").replaceChildren();
  content.hidden = true;
  remove.hidden = true;
  if (!entry.open) entry.showModal();
  try {
    const stored = await api.entry(key);
    remove.hidden = false;
    if ("unreadable" in stored) throw new Error(`The entry cannot be read (${stored.unreadable}).`);
    const now = Date.now();
    const facts: [string, string | undefined][] = [
      ["State", stored.standing],
      ["Stored in", stored.stores.join(", ")],
      ["Made", formatMoment(stored.createdAt, now)],
      ["Fresh until", formatMoment(stored.freshUntil, now)],
      ["Kept until", formatMoment(stored.staleUntil, now)],
      ["Size", `${formatBytes(stored.bytes)}, ${stored.kind}`],
      ["Tags", stored.tags.join(", ") || "none"],
      ["Question", stored.prompt],
    ];
    const shown = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
    find("entry-facts").replaceChildren(
      ...shown.flatMap(([name, text]) => [make("dt", { text: name }), make("dd", { text })]),
    );
    content.hidden = stored.content === undefined;
    content.textContent = stored.content ?? "";
  } catch (error) {
    find("entry-error").textContent = messageOf(error);
  }
  actions.remove = async () => {
    await api.deleteEntry(key);
    entry.close();
    onDeleted("The entry was deleted.");
  };
}

/** Asks whether everything is to be deleted. */
export function askToClear(namespace: string, onCleared: (message: string) => void): void {
  find("clearing-namespace").textContent = namespace;
  find("clearing-error").textContent = "";
  clearing.showModal();
  actions.clear = async () => {
    await api.clear();
    clearing.close();
    onCleared("Every answer was deleted.");
  };
}

/** Gives the buttons of both dialogs something to do. */
export function prepareDialogs(): void {
  remove.addEventListener("click", () => void whileDisabled(remove, "entry-error", () => actions.remove()));
  clear.addEventListener("click", () => void whileDisabled(clear, "clearing-error", () => actions.clear()));
  find("entry-close").addEventListener("click", () => entry.close());
  find("clearing-no").addEventListener("click", () => clearing.close());
}

/** What to tell a person of what went wrong. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

async function whileDisabled(button: HTMLButtonElement, errorId: string, work: () => Promise<void>): Promise<void> {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    find(errorId).textContent = messageOf(error);
  } finally {
    button.disabled = false;
  }
}
