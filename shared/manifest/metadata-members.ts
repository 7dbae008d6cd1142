import type { UrlRule } from './url-problem.ts';

/** What is known of one member of client metadata. */
export type MetadataMember = {
  readonly type: 'string' | 'strings' | 'boolean' | 'seconds' | 'jwks';
  /** Set when the member holds URLs. */
  readonly url?: UrlRule;
  /** Its name may be followed by `#` and a language (RFC 7591 section 2.2). */
  readonly localised?: true;
  /** What editors show. */
  readonly about: string;
};

const text = (about: string): MetadataMember => ({ type: 'string', about });
const list = (about: string): MetadataMember => ({ type: 'strings', about });
const flag = (about: string): MetadataMember => ({ type: 'boolean', about });
const page = (about: string): MetadataMember => ({ type: 'string', url: 'page', localised: true, about });

const MEMBERS = {
  redirect_uris: {
    type: 'strings',
    url: 'redirect',
    about: 'Where users come back to. Compared letter by letter by servers.',
  },
  token_endpoint_auth_method: text(
    'How the client proves itself: none, client_secret_basic, client_secret_post, private_key_jwt, …',
  ),
  token_endpoint_auth_signing_alg: text('Algorithm of the assertions of private_key_jwt, such as ES384.'),
  grant_types: list('Grants the client uses. Left out, the standard means authorization_code.'),
  response_types: list('Response types the client uses. Left out, the standard means code.'),
  client_name: { type: 'string', localised: true, about: 'Name shown to users.' },
  client_uri: page('Page about the client.'),
  logo_uri: page('Logo of the client.'),
  tos_uri: page('Terms of service.'),
  policy_uri: page('Privacy policy.'),
  scope: text('Scopes in one string, separated by single spaces.'),
  contacts: list('Ways to reach the people responsible, usually e-mail addresses.'),
  jwks_uri: {
    type: 'string',
    url: 'fetched',
    about: 'Where the public keys of the client are. Not together with jwks.',
  },
  jwks: { type: 'jwks', about: 'Public keys of the client. Not together with jwks_uri.' },
  software_id: text('Identifies the software; the same for all its clients and versions.'),
  software_version: text('Version of the software.'),
  software_statement: text('A signed statement about the software, passed on as it is.'),
  application_type: text('web or native.'),
  sector_identifier_uri: {
    type: 'string',
    url: 'fetched',
    about: 'List of redirect URIs that share pairwise identifiers.',
  },
  subject_type: text('public or pairwise.'),
  id_token_signed_response_alg: text('Algorithm that ID tokens are signed with.'),
  id_token_encrypted_response_alg: text('Algorithm that the key of encrypted ID tokens is wrapped with.'),
  id_token_encrypted_response_enc: text('Algorithm that ID tokens are encrypted with.'),
  userinfo_signed_response_alg: text('Algorithm that userinfo answers are signed with.'),
  userinfo_encrypted_response_alg: text('Algorithm that the key of encrypted userinfo answers is wrapped with.'),
  userinfo_encrypted_response_enc: text('Algorithm that userinfo answers are encrypted with.'),
  request_object_signing_alg: text('Algorithm that request objects are signed with.'),
  request_object_encryption_alg: text('Algorithm that the key of encrypted request objects is wrapped with.'),
  request_object_encryption_enc: text('Algorithm that request objects are encrypted with.'),
  default_max_age: { type: 'seconds', about: 'Longest time since a login, in seconds.' },
  require_auth_time: flag('ID tokens must say when the login was.'),
  default_acr_values: list('Authentication contexts asked for by default.'),
  initiate_login_uri: {
    type: 'string',
    url: 'launch',
    about: 'Where a login or an EHR launch may be begun by others.',
  },
  launch_url: { type: 'string', url: 'page', about: 'Where an EHR launches the app; the name some SMART servers use.' },
  launch_uri: {
    type: 'string',
    url: 'page',
    about: 'Where an EHR launches the app; the name older SMART servers use.',
  },
  request_uris: { type: 'strings', url: 'fetched', about: 'Request objects fetched by the server.' },
  post_logout_redirect_uris: { type: 'strings', url: 'redirect', about: 'Where users come back to after logging out.' },
  frontchannel_logout_uri: { type: 'string', url: 'page', about: 'Page that logs out in the browser.' },
  frontchannel_logout_session_required: flag('Front-channel logout must name the session.'),
  backchannel_logout_uri: { type: 'string', url: 'page', about: 'Endpoint that logs out directly.' },
  backchannel_logout_session_required: flag('Back-channel logout must name the session.'),
} as const satisfies Record<string, MetadataMember>;

/** The members of RFC 7591, OpenID Connect Registration and SMART that are checked; all others pass through. */
export const METADATA_MEMBERS: ReadonlyMap<string, MetadataMember> = new Map(Object.entries(MEMBERS));

/** Members that only a server's answer has (RFC 7591 section 3.2.1, RFC 7592 section 3). */
export const RESPONSE_MEMBERS: readonly string[] = [
  'client_id',
  'client_secret',
  'client_id_issued_at',
  'client_secret_expires_at',
  'registration_access_token',
  'registration_client_uri',
];

/** The name without its language: `client_name` of `client_name#fr`. */
export function untaggedName(name: string): string {
  return name.replace(/#.*$/su, '');
}

/** Whether a string must be a URL after filling: by what is known of its member, else by its name or how it begins. */
export function holdsUrl(member: string, text: string): boolean {
  const known = METADATA_MEMBERS.get(untaggedName(member));
  if (known !== undefined) return known.url !== undefined;
  return (
    /_(?:ur[il]s?|endpoint)$/i.test(untaggedName(member)) || /^(?:[a-z][a-z0-9+.-]*:\/|\$\{\s*url\s*\})/i.test(text)
  );
}
