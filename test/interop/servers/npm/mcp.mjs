// The authorization routes of @modelcontextprotocol/sdk, with clients in an SQLite file. PORT, ORIGIN, DATABASE.
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import express from 'express';

const { PORT, ORIGIN, DATABASE } = process.env;
const books = new DatabaseSync(DATABASE);
books.exec('CREATE TABLE clients (id TEXT PRIMARY KEY, metadata TEXT NOT NULL)');

const PERSON_MAY = { access_token: 'of-a-person', token_type: 'bearer', expires_in: 3600 };
const challenges = new Map();
const provider = {
  clientsStore: {
    getClient: (id) => {
      const row = books.prepare('SELECT metadata FROM clients WHERE id = ?').get(id);
      return row === undefined ? undefined : JSON.parse(row.metadata);
    },
    registerClient: (client) => {
      books.prepare('INSERT INTO clients VALUES (?, ?)').run(client.client_id, JSON.stringify(client));
      return client;
    },
  },
  // Everybody who comes here is signed in and agrees.
  authorize: async (_client, { redirectUri, state, codeChallenge }, response) => {
    const code = randomUUID();
    challenges.set(code, codeChallenge);
    const target = new URL(redirectUri);
    target.searchParams.set('code', code);
    if (state !== undefined) target.searchParams.set('state', state);
    response.redirect(target.href);
  },
  challengeForAuthorizationCode: async (_client, code) => {
    if (!challenges.has(code)) throw new InvalidGrantError('this code was never issued');
    return challenges.get(code);
  },
  exchangeAuthorizationCode: async (_client, code) => {
    challenges.delete(code);
    return PERSON_MAY;
  },
};

const app = express();
app.use(mcpAuthRouter({ provider, issuerUrl: new URL(ORIGIN), scopesSupported: ['openid'] }));
app.get('/ready', (_request, response) => response.end());
app.listen(Number(PORT), '127.0.0.1');
