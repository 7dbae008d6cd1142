import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/ports/ports.ts';
import { manifestOf, only, problems, read } from './reading.ts';

const METADATA = { redirect_uris: ['${url}/callback'], client_name: 'Growth chart' };

/** A client that previews share. */
const shared = (over: Record<string, Json> = {}, base: Record<string, Json> = {}) =>
  manifestOf({ type: 'confidential', metadata: METADATA, ...base }, { 'pr-*': { web: { shared: true, ...over } } });

const lines = (text: string) => problems(text).map((line) => line.replace(/^line \d+: /u, ''));

describe('a client that environments share', () => {
  it('is shared by the environments that the entry with its changes fits', () => {
    expect(only(read(shared())).shared).toBe('pr-*');
    expect(only(read(manifestOf({ shared: true, metadata: METADATA }))).shared).toBe('*');
    const apart = manifestOf({ shared: true, metadata: METADATA }, { 'pr-*': { web: { ttl: '7d' } } });
    expect(only(read(apart)).shared).toBe('pr-*');
    const others = manifestOf({ shared: true, metadata: METADATA }, { 'pr-*': { other: { ttl: '7d' } } });
    expect(problems(others)[0]).toBe('manifest_invalid');
  });

  it('is shared only where the manifest says so', () => {
    expect(only(read(manifestOf({ metadata: METADATA })))).not.toHaveProperty('shared');
    expect(only(read(shared(), { templates: { environment: 'production' } }))).not.toHaveProperty('shared');
    for (const no of [false, null]) {
      const text = manifestOf({ shared: true, metadata: METADATA }, { 'pr-*': { web: { shared: no } } });
      expect(only(read(text))).not.toHaveProperty('shared');
    }
  });

  it('keeps its own redirect URIs, logout addresses and time to live', () => {
    const own = { redirect_uris: ['${url}/callback'], post_logout_redirect_uris: ['${url}/bye/${environment}'] };
    const client = only(read(shared({ ttl: '7d', metadata: own })));
    expect(client.metadata).toMatchObject({
      redirect_uris: ['https://app.example.com/callback'],
      post_logout_redirect_uris: ['https://app.example.com/bye/pr-42'],
    });
    expect(client.ttl).toEqual({ seconds: 7 * 86_400 });
    expect(only(read(shared({ update: 'interrupt' }))).update).toBe('interrupt');
  });

  it.each([
    ['publish', { github: { variables: { client_id: 'ID' } } }],
    ['rotate', { every: '30d', client_id: 'may_change' }],
    ['announce', 'dispatch'],
    ['update', 'replace'],
  ])('cannot have %s', (member, value) => {
    const [code, ...found] = lines(shared({ [member]: value }));
    expect(code).toBe('manifest_invalid');
    expect(found).toEqual([
      expect.stringContaining(`environments.pr-*.web.${member}: does not go together with shared`),
    ]);
  });

  it('cannot be published by an input either', () => {
    expect(() => read(shared(), { overrides: { secretPrefix: 'FHIR_' } })).toThrow(
      expect.objectContaining({ code: 'manifest_invalid' }),
    );
  });

  it.each([
    ['client_name', 'Growth chart (${environment})', 'environment'],
    ['client_uri', '${ url }/about', 'url'],
    ['contacts', ['pr-${pull_request}@example.org'], 'pull_request'],
  ])('cannot have templates in %s that differ between its environments', (member, value, name) => {
    const [code, ...found] = lines(shared({ metadata: { [member]: value } }));
    expect(code).toBe('manifest_invalid');
    expect(found).toEqual([expect.stringContaining(`metadata.${member}: has \${${name}}, which differs`)]);
  });

  it('may have templates that are the same for all, and literal ones', () => {
    const metadata = { client_name: 'Chart of ${tenant} $${branch}', software_id: '${repository}' };
    expect(only(read(shared({ metadata }))).metadata.client_name).toBe('Chart of north ${branch}');
  });
});
