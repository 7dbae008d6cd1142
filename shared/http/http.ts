/** What a request is for; it decides time limit and retries. */
export type Purpose =
  /** Reading a metadata document: 10 s, repeated on failure. */
  | 'discovery'
  /** POST to a registration endpoint: 60 s, sent exactly once; a failed connection, with nothing sent, is tried again. */
  | 'register'
  /** A call to a client configuration endpoint: 60 s, repeated only where nothing was sent or the server said "later". */
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
  /** How long the server asks to wait (`Retry-After` and its variants); see `retryAfterSeconds`. */
  readonly retryAfterSeconds?: number;
};

/**
 * The one guarded fetch. Resolves for every status but 3xx.
 *
 * Rejects with a RegistrarError. Nothing was sent: `url_insecure`, `input_invalid` (a header value that cannot be
 * sent), `server_unreachable`. The server has or may have acted on the request: `redirect_refused`,
 * `answer_too_large`, `server_no_answer`.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;
