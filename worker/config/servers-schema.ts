import * as z from 'zod';
import { numericId } from './numeric-id.ts';
import { expecting } from './shape-problems.ts';

const word = () => z.string().min(1);
const words = () => z.array(word());
const count = () => z.int().positive();
const secret = () => z.string().regex(/^[\x21-\x7e]+$/, expecting('one line without spaces'));

/** One authorization server of SERVERS. */
const serverEntry = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, expecting('letters, digits, and . _ : - between them'))
      .optional()
      .describe('What people call it, unique. Left out, the host of its address.'),
    server: z
      .union([word(), words().min(1)], expecting('an address, or a list of them'))
      .optional()
      .describe('FHIR base URL or issuer that manifests give as `server`; a list where there are several.'),
    registration_endpoint: word().optional().describe('Registration endpoint, when the server does not publish it.'),
    token_endpoint: word().optional().describe('Token endpoint, when the server does not publish it.'),
    issuer: word().optional().describe('Issuer, exactly as the server writes it, when `server` does not lead to it.'),
    initial_access_token: secret().optional().describe('Secret. Sent with every registration (RFC 7591 section 3).'),
    client_credentials: z
      .strictObject({
        client_id: word(),
        client_secret: word().describe('Secret.'),
        scope: word().optional(),
        token_endpoint: word().optional().describe("Left out, the server's own."),
      })
      .optional()
      .describe('Instead of `initial_access_token`: fetches one with this grant (RFC 6749 section 4.4).'),
    software_statement: secret().optional().describe('Sent with every registration (RFC 7591 section 2.3).'),
    redirect_hosts: words().describe(
      'Hosts of redirect URIs and of everything else that receives codes, keys or logouts: app.example.org, app.example.org:8443, *.example.org (one label), app-*-team.example.org.',
    ),
    redirect_schemes: z
      .array(
        z.string().regex(/^(?!https?$)[a-z][a-z0-9+.-]*$/, expecting('a scheme of an app, such as org.example.app')),
      )
      .optional()
      .describe('Schemes of apps that redirect URIs may have, such as org.example.app. Default none.'),
    scopes: z
      .union([z.literal('any'), words()], expecting('a list of scopes, or "any"'))
      .describe('Scopes that may be asked for, each exactly as it is asked for; or "any".'),
    grants: words().min(1).optional().describe('Grant types. Default authorization_code and refresh_token.'),
    auth_methods: words().min(1).optional().describe('Values of token_endpoint_auth_method. Default any.'),
    configuration_endpoint_origins: words()
      .optional()
      .describe('Other origins where the server may keep its client configuration endpoints.'),
    max_clients: z
      .strictObject({
        per_repository: count().optional().describe('In one repository.'),
      })
      .optional()
      .describe('How many clients may be live at once. Default any number.'),
    only: z
      .strictObject({
        owners: z.array(numericId()).optional(),
        repositories: z.array(numericId()).optional(),
      })
      .optional()
      .describe('Owners and repositories that may use it. Default all that POLICY lists.'),
  })
  .describe('What is needed to register at an authorization server, and what may be asked for there.');

/** SERVERS, and each of SERVERS_2, SERVERS_3, …. docs/worker-servers.schema.json is made from it. */
export const serversSchema = z.array(serverEntry).describe('Authorization servers that clients may be registered at.');

/** One entry after {@link serversSchema} has checked it. */
export type WrittenServer = z.infer<typeof serverEntry>;
