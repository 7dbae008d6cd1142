/** What a code means and what a person does about it. `docs/errors.md` is made from this table. */
export type CatalogEntry = { readonly meaning: string; readonly hint: string };

export const CATALOG = {
  // Inputs and manifest
  input_invalid: {
    meaning: 'An input of the Action is missing, contradicts another or has a value that cannot be used.',
    hint: 'Correct the input named in the message; action.yml lists what each one takes.',
  },
  manifest_missing: {
    meaning: 'No manifest was found where it was looked for, and no inputs describe a client.',
    hint: 'Create the manifest, correct the input `manifest`, or give `server`, `type` and `redirect-uris` as inputs. A job that checks nothing out needs `permissions: contents: read`.',
  },
  manifest_unreadable: {
    meaning: 'The manifest is neither valid YAML nor valid JSON.',
    hint: 'Correct the syntax at the line named in the message.',
  },
  manifest_invalid: {
    meaning: 'The manifest can be read but asks for something impossible; every problem is listed.',
    hint: 'Correct each listed line. Nothing was sent to any server.',
  },
  template_invalid: {
    meaning:
      'A ${name} in the manifest is unknown, has no value in this run, or its value is not allowed in that place.',
    hint: 'Correct the name or the value; values come from the inputs `url` and `values`. For a literal ${ write $${.',
  },
  client_unknown: {
    meaning: 'The `clients` input names a client that the manifest does not have.',
    hint: 'Use one of the names listed in the message.',
  },
  // Reaching a server
  url_insecure: {
    meaning: 'An address is not https, or carries a user name or password.',
    hint: 'Use an https address. For a server on this machine only, set `insecure-loopback: true`.',
  },
  redirect_refused: {
    meaning: 'A server answered with a redirect. Redirects are never followed: a token could end up at another host.',
    hint: 'Use the address that the redirect leads to, if it is the right server.',
  },
  answer_too_large: {
    meaning: 'A server sent more than 1 MiB.',
    hint: 'Check that the address is the API of the server and not a download or a page.',
  },
  server_unreachable: {
    meaning: 'The connection could not be made (name, network, port or certificate), so nothing was sent.',
    hint: 'Check the host name, its certificate and whether this runner may reach it; then run again.',
  },
  server_no_answer: {
    meaning: 'The server did not answer in time or broke the connection.',
    hint: 'Run again when the server answers; if it keeps happening, ask its operator.',
  },
  server_error: {
    meaning: 'The server answered with an error of its own (5xx).',
    hint: 'Run again later; if it keeps happening, ask the operator of the server.',
  },
  rate_limited: {
    meaning: 'The server asks to slow down (429, or 503 with a time).',
    hint: 'Run again after the time in the message.',
  },
  // Discovery
  discovery_failed: {
    meaning: 'The address answers, but with nothing from which endpoints can be read.',
    hint: 'Give a FHIR base URL (the address that /metadata is appended to) or an issuer as `server`.',
  },
  registration_unsupported: {
    meaning: 'The server was found but names no registration endpoint.',
    hint: 'Give the issuer of the authorization server as `server`, or its `registration_endpoint` and `token_endpoint` if its operator told you them.',
  },
  issuer_mismatch: {
    meaning:
      'A metadata document names another issuer than the one it was asked for, so it must not be used (RFC 8414 section 3.3).',
    hint: 'Give the issuer exactly as the server writes it, including a final slash.',
  },
  endpoint_conflict: {
    meaning: 'Two sources of one server name registration endpoints of different origins.',
    hint: 'Find out from the operator which one is right and give it as `registration_endpoint` in the manifest.',
  },
  // Registration (RFC 7591 and 7592)
  invalid_redirect_uri: {
    meaning: 'The server does not accept a redirect URI (RFC 7591 section 3.2.2).',
    hint: 'Change `redirect_uris` in the manifest to what this server allows.',
  },
  invalid_client_metadata: {
    meaning: 'The server does not accept a metadata field (RFC 7591 section 3.2.2).',
    hint: 'Change the field that the server names in the message.',
  },
  invalid_software_statement: {
    meaning: 'The server does not accept the software statement (RFC 7591 section 3.2.2).',
    hint: 'Ask whoever signed the statement for a new one; check that it has not expired.',
  },
  unapproved_software_statement: {
    meaning: 'The software statement is well formed but its signer is not trusted here (RFC 7591 section 3.2.2).',
    hint: 'Ask the operator of the server to approve the software or its signer.',
  },
  registration_refused: {
    meaning: 'The server refuses to register a client for us (401 or 403).',
    hint: 'Ask its operator for an initial access token and give it as `initial-access-token`; a used-up or expired one has to be replaced.',
  },
  registration_rejected: {
    meaning: 'The server rejects the request for a reason that the registration standard has no code for.',
    hint: 'Read the answer of the server in the message; run `command: plan` to see what would be sent.',
  },
  registration_unknown: {
    meaning: 'A client was asked for and no usable answer came, so it may exist at the server.',
    hint: 'Ask the operator of the server to look for the client described in the message. Then run `command: resolve` with `resolution: forget` if there is none, or with `adopt` and its `client-id`; with a Worker, its operator does that.',
  },
  suspect_found: {
    meaning:
      'An earlier request for this client was never answered, so registering once more could leave a second client behind.',
    hint: 'Ask the operator of the server to look for the client described in the message. Then run `command: resolve` with `resolution: forget` if there is none, or with `adopt` and its `client-id`; with a Worker, its operator does that.',
  },
  configuration_endpoint_elsewhere: {
    meaning:
      'The answer to a registration names a client configuration endpoint that is not https or not of the origin of the registration endpoint, so our registration access token is not sent there.',
    hint: 'The client works but cannot be changed or deleted by us. If the address is right, allow its origin with `configuration_endpoint_origins` in the manifest.',
  },
  access_refused: {
    meaning:
      'The server refuses the registration access token of a client: the token was replaced or the client is gone. The two cannot be told apart.',
    hint: 'Run it again: the token is tried once more. If it is refused again, check with the operator whether the client exists; then adopt it with a new registration access token, or rotate to register a new one.',
  },
  update_unsupported: {
    meaning: 'The server cannot change a client that exists, so a changed manifest needs a new client.',
    hint: 'Allow it with `update: replace` for this client in the manifest; its `client_id` then changes.',
  },
  update_interrupts: {
    meaning: 'This server replaces the client secret at every update, which interrupts running apps.',
    hint: 'Allow it with `update: interrupt` (the same client, a short break) or `update: replace` (a new client beside the old one).',
  },
  metadata_differs: {
    meaning: 'The server granted something else than was asked, and `strict` is set.',
    hint: 'Ask for what the server grants, or leave `strict` out.',
  },
  credentials_refused: {
    meaning: 'The server refuses credentials that it has just issued.',
    hint: 'They were not handed out. Run again; if it stays, the operator of the server must approve or enable the client first.',
  },
  deletion_failed: {
    meaning: 'A client could not be deleted at its server.',
    hint: 'Ask the operator of the server to delete the client named in the message.',
  },
  key_unusable: {
    meaning: 'A private key cannot be made or used for this client.',
    hint: 'Leave `jwks` and `jwks_uri` out to have a key made, or publish a public key that fits.',
  },
  // Standalone state
  state_key_missing: {
    meaning: 'There is sealed state, or something to seal, and no key was given.',
    hint: 'For a client that only this job needs, set `ttl: job`. Else give `state-key: ${{ secrets.OAUTH_REGISTRAR_STATE_KEY }}`. If it exists, find out why it is empty; do not replace it (state opens only with it). If there is none yet: openssl rand -base64 32 | gh secret set OAUTH_REGISTRAR_STATE_KEY',
  },
  state_key_wrong: {
    meaning: 'The sealed state does not open with the given key.',
    hint: 'Put the key it was sealed with on a second line of the secret OAUTH_REGISTRAR_STATE_KEY; the state is then sealed anew. If that key is lost, see docs/state.md.',
  },
  state_damaged: {
    meaning: 'What is stored as state is not state of this product.',
    hint: 'Nothing was overwritten. Look at the commits of the ref named in the message and restore an earlier one.',
  },
  state_newer: {
    meaning: 'What is kept was written by a later version than the one that reads it.',
    hint: 'Use at least the version named in the message. Nothing was changed.',
  },
  run_again: {
    meaning: 'Another run changed the same registration at the same time.',
    hint: 'Run this job again. A `concurrency` group for the environment avoids it.',
  },
  state_unwritable: {
    meaning: 'The state could not be saved in the repository.',
    hint: 'Give the job `permissions: contents: write`. Nothing was sent to the authorization server after the failed save.',
  },
  // Publishing
  secret_exists: {
    meaning:
      'A secret or variable of that name exists and was not made by us, or was changed after we had given it up, so it is not overwritten.',
    hint: 'Choose another name in `publish`, or delete the existing one if it is not needed.',
  },
  publish_forbidden: {
    meaning: 'The token may not write the target.',
    hint: 'Give a token with the permission named in the message as `secrets-token`; the job’s own token can never write secrets or variables.',
  },
  publish_failed: {
    meaning:
      'Credentials were not written to where they are published: GitHub did not take a secret or variable, or the env file of the command-line tool could not be written.',
    hint: 'The credentials are kept in the state. Run again to publish them.',
  },
  publish_conflict: {
    meaning: 'Two registrations would be published to the same name.',
    hint: 'Give each client its own names in `publish`.',
  },
  publish_limit: {
    meaning: 'A limit of GitHub is reached: 48 KB per value, 100 secrets per repository or environment.',
    hint: 'Publish to an environment of its own, or publish one JSON secret instead of several.',
  },
  environment_missing: {
    meaning: 'The GitHub environment does not exist and the manifest does not allow making it.',
    hint: 'Create the environment, or set `create_environment: true` in `publish.github`.',
  },
  github_failed: {
    meaning: 'A call to the GitHub API failed.',
    hint: 'Run again; if it stays, check the permissions of the job.',
  },
  // Commands
  owner_ended: {
    meaning: 'The pull request or branch that would own the clients has ended, so nothing is made for it any more.',
    hint: 'Nothing is left to do. Reopen the pull request, or deploy from one that is open.',
  },
  owner_differs: {
    meaning: 'A registration that is there has another owner than this run would give it, or none.',
    hint: 'Use another `environment` for this run. To change the owner on purpose, run `command: delete` for the registration first.',
  },
  superseded: {
    meaning: 'A newer run has already changed this registration; an older one does not undo that.',
    hint: 'To go back on purpose, re-run the older run.',
  },
  rotation_not_allowed: {
    meaning:
      'A rotation gives the app a new client_id, which ends its consents and refresh tokens, and the manifest does not allow that.',
    hint: 'Allow it with `client_id: may_change` under `rotate`. For a leak, `now: true` rotates at once in any case.',
  },
  rotation_untried: {
    meaning:
      'A rotation puts new credentials to use only when they were shown to work, and the input `verify: false` keeps them from being tried.',
    hint: 'Take `verify: false` away in the runs that rotate. At a server where credentials cannot be tried, only a rotation in place is possible (`strategy: in-place`).',
  },
  registration_not_found: {
    meaning: 'There is no registration of that name in this environment.',
    hint: 'Run `command: plan` to see which registrations there are.',
  },
  key_set_ignored: {
    meaning: 'The server answered that it does not read the key set that the Worker hosts for the client.',
    hint: 'Use the rotation strategy `replace` or `in-place` at this server.',
  },
  not_confirmable: {
    meaning: 'The client named as the one in use is none that this registration knows as current or next.',
    hint: 'If the app still uses the old client, deploy it with the new credentials first and retire then. A job sees repository variables as they were when its run was queued.',
  },
  not_yet: {
    meaning: 'Something has to wait longer than this run may wait.',
    hint: 'Run again after the time in the message; nothing is lost in between.',
  },
  cancelled: {
    meaning: 'The job was cancelled before this registration was finished.',
    hint: 'Nothing is lost: the next run goes on from where this one stopped.',
  },
  unavailable: {
    meaning: 'This run may not use secrets (a fork or Dependabot), and one of them is needed.',
    hint: 'Set `if-unavailable: skip` to pass over this step in such runs.',
  },
  // The Worker
  publish_by_job: {
    meaning: 'The credentials are made, and the job has to publish them, because the Worker has no GitHub App here.',
    hint: 'Run the deploy workflow: the Action writes the secrets and variables and tells the Worker.',
  },
  registration_locked: {
    meaning: 'The record is sealed with a key that the Worker does not have, so nothing is done for it.',
    hint: 'Put the key with the id named in the message back into ENCRYPTION_KEYS, after the newer one.',
  },
  registration_frozen: {
    meaning:
      'The repository was archived, transferred or taken from the App, so its permanent registrations stay as they are.',
    hint: 'The operator of the Worker releases the repository when its registrations are to be worked on again.',
  },
  repository_restored: {
    meaning:
      'The registrations of this repository were restored from the inventory and nothing is sent to any server yet.',
    hint: 'The operator of the Worker looks at what was restored and then releases the repository.',
  },
  repository_in_use: {
    meaning: 'A repository that has registrations cannot be restored over.',
    hint: 'Nothing was changed. Restoring is for a repository whose object has lost its storage.',
  },
  shared_differs: {
    meaning:
      'A client that environments share is not what this run asks for, and one of them cannot change it for all.',
    hint: 'Ask for what the message names, for example by bringing the branch up to date.',
  },
  shared_unsupported: {
    meaning: 'This cannot be done with a client that several environments share.',
    hint: 'Delete what is shared and deploy again, or give the environment a client of its own (`shared: false`).',
  },
  request_invalid: {
    meaning: 'The request is not one that the Worker takes: its path, method, content type, size or body is wrong.',
    hint: 'Use the Action of the same version as the Worker; docs/worker.md lists the requests.',
  },
  api_version_unsupported: {
    meaning: 'The Action and the Worker speak different versions of their protocol.',
    hint: 'Upgrade the side that the message names.',
  },
  worker_restarted: {
    meaning: 'The Worker was restarted while it worked on this request. What it had begun is remembered.',
    hint: 'Send the same request again with a fresh id-token; it goes on from where it stopped.',
  },
  // The Worker: who may ask, and for what
  config_invalid: {
    meaning: 'The settings of the Worker are incomplete or wrong, so it does nothing; every problem is listed.',
    hint: 'The operator of the Worker corrects the settings named in the message and deploys again.',
  },
  identity_refused: {
    meaning:
      'The id-token does not prove which run is asking: it is missing, used up, too old, for somebody else or not from a trusted issuer.',
    hint: 'Give the job `permissions: id-token: write`, ask for the URL of the Worker as audience, and fetch a fresh id-token for each request.',
  },
  identity_unavailable: {
    meaning: 'The keys of the issuer of id-tokens cannot be read at the moment, so nobody can be recognised.',
    hint: 'Run again in a minute; if it stays, see whether GitHub Actions reports an incident.',
  },
  not_allowed: {
    meaning: 'The run is who it says it is, but may not do this in this environment.',
    hint: 'Deploy from a ref or event that reaches the environment, or ask the operator of the Worker to list it in POLICY.',
  },
  policy_refused: {
    meaning:
      'The manifest asks for something that the operator of the Worker does not allow at this server; nothing was sent there.',
    hint: 'Correct each listed member of the manifest, or ask the operator to allow it in SERVERS.',
  },
  quota_reached: {
    meaning: 'As many clients as the operator of the Worker allows are live at this server.',
    hint: 'Delete registrations that are no longer needed, or ask the operator to raise `max_clients` in SERVERS.',
  },
  internal: {
    meaning: 'A defect of this product.',
    hint: 'Please report it with the message; secrets are never part of it.',
  },
} as const satisfies Record<string, CatalogEntry>;

/** Every code a {@link RegistrarError} can carry. */
export type ErrorCode = keyof typeof CATALOG;
