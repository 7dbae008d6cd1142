import type { ErrorCode } from '../../shared/errors/catalog.ts';

/** The status of an answer for each code; 422 for what a server or the manifest is to blame for. */
const STATUS: Partial<Record<ErrorCode, 400 | 401 | 403 | 404 | 409 | 500 | 502 | 503 | 504>> = {
  api_version_unsupported: 400,
  request_invalid: 400,
  identity_refused: 401,
  not_allowed: 403,
  policy_refused: 403,
  quota_reached: 403,
  registration_not_found: 404,
  superseded: 409,
  owner_ended: 409,
  not_confirmable: 409,
  rotation_not_allowed: 409,
  key_set_ignored: 409,
  suspect_found: 409,
  update_unsupported: 409,
  update_interrupts: 409,
  publish_conflict: 409,
  secret_exists: 409,
  registration_frozen: 409,
  shared_differs: 409,
  shared_unsupported: 409,
  repository_in_use: 409,
  internal: 500,
  server_unreachable: 502,
  server_error: 502,
  github_failed: 502,
  publish_failed: 502,
  config_invalid: 503,
  identity_unavailable: 503,
  rate_limited: 503,
  registration_locked: 503,
  repository_restored: 503,
  state_newer: 503,
  state_unwritable: 503,
  worker_restarted: 503,
  server_no_answer: 504,
};

export function statusOf(code: ErrorCode): 400 | 401 | 403 | 404 | 409 | 422 | 500 | 502 | 503 | 504 {
  return STATUS[code] ?? 422;
}
