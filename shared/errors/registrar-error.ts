import { CATALOG, type ErrorCode } from './catalog.ts';

/** One thing wrong in something a person wrote: where it is and what would be right. */
export type Problem = {
  /** Path inside the document, such as `clients.web.metadata.redirect_uris[0]`; empty for the document itself. */
  readonly path: string;
  /** Line in the file, counted from 1, when known. */
  readonly line?: number;
  readonly message: string;
  /** What would be right. */
  readonly expected?: string;
};

export type ErrorDetail = {
  /** What failed, in words: never a header, body, token, query string or userinfo. */
  readonly message: string;
  /** What to do now; the code's own hint when left out. */
  readonly hint?: string;
  /** Registration key or client name the failure belongs to. */
  readonly client?: string;
  /** Server the failure belongs to: an origin or a URL without query and userinfo. */
  readonly server?: string;
  readonly problems?: readonly Problem[];
  /** When it makes sense to try again: seconds from now. */
  readonly retryAfterSeconds?: number;
  /** HTTP status of the answer that is the failure. */
  readonly status?: number;
  readonly cause?: unknown;
};

/** The one error of this product: a stable code, a message for people and a hint that says what to do. */
export class RegistrarError extends Error {
  override readonly name = 'RegistrarError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint ?? CATALOG[code].hint;
    this.client = detail.client;
    this.server = detail.server;
    this.problems = detail.problems ?? [];
    this.retryAfterSeconds = detail.retryAfterSeconds;
    this.status = detail.status;
  }
}

/** True for a {@link RegistrarError}, of the given code if one is named. */
export function isRegistrarError(error: unknown, code?: ErrorCode): error is RegistrarError {
  return error instanceof RegistrarError && (code === undefined || error.code === code);
}
