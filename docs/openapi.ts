import * as z from 'zod';
import packageJson from '../package.json' with { type: 'json' };
import {
  applyAnswer,
  applyBody,
  errorAnswer,
  publishedBody,
  retireBody,
  rotateBody,
  viewAnswer,
  workingAnswer,
} from '../shared/api/schemas.ts';
import { API_VERSION, API_VERSION_HEADER } from '../shared/api/worker-api.ts';

const SCHEMAS = {
  ApplyBody: applyBody,
  RotateBody: rotateBody,
  PublishedBody: publishedBody,
  RetireBody: retireBody,
  ApplyAnswer: applyAnswer,
  WorkingAnswer: workingAnswer,
  ViewAnswer: viewAnswer,
  ErrorAnswer: errorAnswer,
} as const;

type Name = keyof typeof SCHEMAS;

const json = (name: Name) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });
const body = (name: Name) => ({ required: true, content: json(name) });
const answer = (description: string, name: Name) => ({ description, content: json(name) });
const failed = { default: answer('What went wrong, and what to do', 'ErrorAnswer') };
const working = {
  202: answer('The work goes on: send the same request again, with a fresh id-token', 'WorkingAnswer'),
};

function operation(summary: string, success: object, request?: Name): object {
  return {
    summary,
    security: [{ idToken: [] }],
    parameters: [{ $ref: '#/components/parameters/version' }],
    ...(request !== undefined && { requestBody: body(request) }),
    responses: { ...success, ...failed },
  };
}

const viewed = { 200: answer('How the registration stands, and what was done', 'ViewAnswer'), ...working };

const pathOf = (...names: readonly string[]) =>
  names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));

function webhook(summary: string, ...headers: readonly string[]): object {
  return {
    summary,
    parameters: headers.map((name) => ({ name, in: 'header', required: true, schema: { type: 'string' } })),
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
    responses: {
      202: { description: 'Taken, known already, or nothing to do' },
      400: { description: 'Not JSON, or not a whole event' },
      401: { description: 'The signature does not fit' },
      413: { description: 'The body is too large' },
      415: { description: 'The content type is not application/json' },
      503: { description: 'To be delivered again' },
    },
  };
}

/** The Worker's interface as an OpenAPI 3.1 document. */
export function openApi(): object {
  return {
    openapi: '3.1.0',
    info: { title: 'oauth-registrar Worker', version: packageJson.version },
    paths: {
      '/v1/registrations/{environment}/{name}': {
        parameters: pathOf('environment', 'name'),
        put: operation(
          'Bring a registration to what is asked for; the only answer with credentials',
          { 200: answer('As asked for', 'ApplyAnswer'), ...working },
          'ApplyBody',
        ),
        get: operation('How a registration stands', { 200: viewed[200] }),
        delete: operation('End a registration', viewed),
      },
      '/v1/registrations/{environment}/{name}/rotate': {
        parameters: pathOf('environment', 'name'),
        post: operation('New credentials beside the old ones; with `now`, instead of them', viewed, 'RotateBody'),
      },
      '/v1/registrations/{environment}/{name}/published': {
        parameters: pathOf('environment', 'name'),
        post: operation('The job takes the names that credentials go to, or has written them', viewed, 'PublishedBody'),
      },
      '/v1/registrations/{environment}/{name}/retire': {
        parameters: pathOf('environment', 'name'),
        post: operation(
          'The deployed app uses this client, and this key where keys are rotated: what they replaced is deleted',
          viewed,
          'RetireBody',
        ),
      },
      '/clients/{id}/jwks.json': {
        parameters: pathOf('id'),
        get: {
          summary: 'The public keys of a client whose keys are rotated (RFC 7517), for its authorization server',
          responses: {
            200: { description: 'The key set', content: { 'application/json': { schema: { type: 'object' } } } },
            404: answer('There is no such set, or not any more', 'ErrorAnswer'),
          },
        },
      },
      '/webhooks/github': {
        post: webhook('Events of GitHub', 'X-GitHub-Event', 'X-GitHub-Delivery', 'X-Hub-Signature-256'),
      },
      '/webhooks/deploy/{repository_id}': {
        parameters: pathOf('repository_id'),
        post: webhook(
          'Events of a host (Standard Webhooks): deploy.teardown, deploy.rotate',
          'webhook-id',
          'webhook-timestamp',
          'webhook-signature',
        ),
      },
      '/healthz': { get: { summary: 'Whether the Worker runs', responses: { 200: { description: 'It does' } } } },
    },
    components: {
      securitySchemes: {
        idToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An id-token of GitHub Actions for the audience of the Worker; each is accepted once',
        },
      },
      parameters: {
        version: {
          name: API_VERSION_HEADER,
          in: 'header',
          description: 'Version of this interface that the caller speaks',
          required: true,
          schema: { type: 'integer', const: API_VERSION },
        },
      },
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, schemaOf(schema)])),
    },
  };
}

function schemaOf(schema: z.ZodType): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // JSON objects are checked by a function.
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
    },
  });
  return rest;
}
