// The authorization routes of @modelcontextprotocol/sdk, with clients in an SQLite file. PORT, ORIGIN, DATABASE.
import { DatabaseSync } from 'node:sqlite';
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import express from 'express';

const { PORT, ORIGIN, DATABASE } = process.env;
const books = new DatabaseSync(DATABASE);
books.exec('CREATE TABLE clients (id TEXT PRIMARY KEY, metadata TEXT NOT NULL)');

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
  challengeForAuthorizationCode: async () => {
    throw new InvalidGrantError('this code was never issued');
  },
};

const app = express();
app.use(mcpAuthRouter({ provider, issuerUrl: new URL(ORIGIN), scopesSupported: ['openid'] }));
app.get('/ready', (_request, response) => response.end());
app.listen(Number(PORT), '127.0.0.1');
