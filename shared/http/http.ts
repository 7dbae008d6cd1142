/** What a request is for; it decides time limit and retries. */
export type Purpose =
  /** Reading a metadata document: 10 s, repeated on failure. */
  | 'discovery'
  /** POST to a registration endpoint: 60 s, sent exactly once. */
  | 'register'
  /** GET or DELETE at a client configuration endpoint: 60 s, repeated only where nothing was sent or the server said "later". */
  | 'configure'
  /** A call to a token endpoint: 60 s, sent once. */
  | 'token';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute URL, used verbatim. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly purpose: Purpose;
};

export type HttpResponse = {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** The body as text, decoded as UTF-8 without a byte order mark; empty for an empty body. */
  readonly text: string;
};

/**
 * The one guarded fetch. Resolves for every status but 3xx.
 *
 * Rejects with a RegistrarError: `url_insecure`, `redirect_refused`, `answer_too_large`, `server_unreachable`
 * (nothing was sent), `server_no_answer` (it may have been).
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;
