// Writes one secret as `gh secret set` does: reads the public key, seals to it, puts the sealed value.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import sodium from 'libsodium-wrappers';

const { GITHUB_API_URL, GITHUB_REPOSITORY, SECRETS_TOKEN } = process.env;
const secrets = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/actions/secrets`;

function call(method, url, body) {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${SECRETS_TOKEN}`,
      'user-agent': 'by hand',
      'x-github-api-version': '2022-11-28',
    };
    request(url, { method, headers }, async (answer) => {
      const said = await text(answer);
      if (answer.statusCode >= 300) reject(new Error(`${method} ${url}: ${answer.statusCode} ${said}`));
      else resolve(said);
    })
      .on('error', reject)
      .end(body);
  });
}

const asked = call('GET', `${secrets}/public-key`);
const value = (await text(process.stdin)).trimEnd();
await sodium.ready;
const { key_id, key } = JSON.parse(await asked);
const sealed = sodium.crypto_box_seal(value, sodium.from_base64(key, sodium.base64_variants.ORIGINAL));
const encrypted_value = sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL);
await call('PUT', `${secrets}/${process.argv[2]}`, JSON.stringify({ encrypted_value, key_id }));
