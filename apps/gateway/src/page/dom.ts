/** What an element may be made with. */
interface Making {
  readonly class?: string | undefined;
  readonly text?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly children?: readonly Node[] | undefined;
}

/** The element with an id that the page has. */
export function find(id: string): HTMLElement {
  return findAs(HTMLElement, id);
}

/** The same, of the kind that it is known to be. */
export function findAs<Kind extends HTMLElement>(kind: new () => Kind, id: string): Kind {
  const element = document.querySelector(`#${id}`);
  if (!(element instanceof kind)) throw new TypeError(`the page has no such #${id}`);
  return element;
}

/** A new element. Texts are texts: nothing here is ever read as markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  making: Making = {},
): HTMLElementTagNameMap[Name] {
  return fill(document.createElement(name), making);
}

/** A new element of a drawing. */
export function draw<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>>,
  making: Making = {},
): SVGElementTagNameMap[Name] {
  const element = fill(document.createElementNS("http://www.w3.org/2000/svg", name), making);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}

function fill<Kind extends Element>(element: Kind, making: Making): Kind {
  if (making.class !== undefined) element.setAttribute("class", making.class);
  if (making.text !== undefined) element.textContent = making.text;
  for (const [attribute, value] of Object.entries(making.attributes ?? {})) element.setAttribute(attribute, value);
  element.append(...(making.children ?? []));
  return element;
}

/** One cell of a table. */
export interface Cell {
  readonly text: string;
  readonly class?: string | undefined;
  /** For a state: a coloured dot before it. */
  readonly badge?: string | undefined;
  readonly title?: string | undefined;
  /** Makes it a button. */
  readonly action?: (() => void) | undefined;
  /** What the button is called, where its text alone does not say it. */
  readonly label?: string | undefined;
}

/**
 * Shows rows, and leaves those that are there where they are, so that neither the focus nor a selection is lost.
 *
 * @param rows by what tells them apart, in their order
 */
export function showRows(body: HTMLElement, rows: readonly (readonly [id: string, cells: readonly Cell[]])[]): void {
  const before = new Map([...body.children].map((row) => [(row as HTMLElement).dataset["id"] ?? "", row]));
  const wanted = new Set(rows.map(([id]) => id));
  for (const [id, row] of before) if (!wanted.has(id)) row.remove();
  let next = body.firstElementChild;
  for (const [id, cells] of rows) {
    const row = before.get(id) ?? make("tr", { attributes: { "data-id": id } });
    updateCells(row, cells);
    if (row === next) next = next.nextElementSibling;
    else body.insertBefore(row, next);
  }
}

function updateCells(row: Element, cells: readonly Cell[]): void {
  for (const [index, cell] of cells.entries()) {
    const shown = JSON.stringify(cell);
    const old = row.children[index] as HTMLElement | undefined;
    if (old?.dataset["shown"] === shown) continue;
    const made = makeCell(cell);
    made.dataset["shown"] = shown;
    if (old === undefined) row.append(made);
    else old.replaceWith(made);
  }
}

function makeCell({ text, class: name, badge, title, action, label }: Cell): HTMLElement {
  const attributes = title === undefined ? {} : { title };
  if (action !== undefined) {
    const named = label === undefined ? {} : { "aria-label": label };
    const button = make("button", { class: "link", text, attributes: { type: "button", ...named, ...attributes } });
    button.addEventListener("click", action);
    return make("td", { class: name, children: [button] });
  }
  if (badge === undefined) return make("td", { class: name, text, attributes });
  return make("td", { class: name, attributes, children: [make("span", { class: `badge ${badge}`, text })] });
}
