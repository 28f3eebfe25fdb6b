/** What `fetch` is, in every runtime. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Headers that speak to the cache, and to nobody after it, begin with this. */
export const controlPrefix = "x-llmcache-";

/** What may differ between the request that was made and the one that is sent. */
export interface Changes {
  /** In place of the caller's, which must not end a call that others wait for. */
  readonly signal?: AbortSignal | undefined;
  /** In place of the caller's. */
  readonly body?: string | undefined;
}

/** A request as `fetch` was given it, in whichever of its forms. */
export class OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  /** As given, the headers that speak to the cache among them. */
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  readonly #fetch: Fetch;
  readonly #input: string | URL | Request;
  #init: RequestInit;

  /** @throws {TypeError} for what `fetch` would refuse too: no absolute URL, malformed headers */
  constructor(fetch: Fetch, input: string | URL | Request, init: RequestInit = {}) {
    // One request may be the template of another. Its members are no properties of its own, so they are read by the constructor that knows them.
    const request = init instanceof Request ? new Request(input, init) : input;
    const changes = init instanceof Request ? {} : init;
    const isRequest = request instanceof Request;
    this.#fetch = fetch;
    this.#input = request;
    this.#init = changes;
    this.url = new URL(isRequest ? request.url : request);
    this.method = (changes.method ?? (isRequest ? request.method : "GET")).toUpperCase();
    this.headers = new Headers(changes.headers ?? (isRequest ? request.headers : undefined));
    // With `null` a caller takes the signal of a `Request` away.
    this.signal = (changes.signal === undefined && isRequest ? request.signal : changes.signal) ?? undefined;
  }

  /** The body as text; `undefined` for one that is none, or can be read only once. The body of a `Request` is read, and sent from memory afterwards. */
  async readText(): Promise<string | undefined> {
    const { body } = this.#init;
    if (typeof body === "string") return body;
    const bytes = await this.#readBytes();
    return bytes && decode(bytes);
  }

  /** As `readText`, of a form that may hold files (`multipart/form-data`). */
  async readForm(): Promise<FormData | undefined> {
    const { body } = this.#init;
    if (body instanceof FormData) return body;
    const type = this.headers.get("content-type");
    const bytes = type === null ? undefined : await this.#readBytes();
    if (type === null || bytes === undefined) return undefined;
    // The one parser of forms that all runtimes have.
    return new Response(bytes, { headers: { "content-type": type } }).formData().catch(() => undefined);
  }

  async #readBytes(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { body } = this.#init;
    if (body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
      return new Uint8Array(await new Response(body).arrayBuffer());
    }
    if (body !== undefined && body !== null) return undefined;
    if (!(this.#input instanceof Request) || this.#input.body === null || this.#input.bodyUsed) return undefined;
    const bytes = await this.#input.arrayBuffer();
    this.#init = { ...this.#init, body: bytes };
    return new Uint8Array(bytes);
  }

  /**
   * Sends the request as it is, without the headers that speak to the cache alone. `Cache-Control` speaks to every cache on the way, and is
   * passed on (RFC 9111, section 5.2).
   */
  async send(changes: Changes = {}): Promise<Response> {
    const { signal, body } = changes;
    const init: RequestInit = { ...this.#init };
    const own = [...this.headers.keys()].filter((name) => name.startsWith(controlPrefix));
    if (own.length > 0 || body !== undefined) {
      const headers = new Headers(this.headers);
      for (const name of own) headers.delete(name);
      if (body !== undefined) headers.delete("content-length");
      init.headers = headers;
    }
    if (body !== undefined) init.body = body;
    if (signal !== undefined) init.signal = signal;
    // Not called as a method: some runtimes' own refuses that.
    const fetch = this.#fetch;
    return fetch(this.#input, init);
  }
}

/** A byte order mark stays where it is: whether the server takes it for JSON is the server's to say. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: BufferSource): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
