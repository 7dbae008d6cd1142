import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { closeServer, listenOnLoopback } from '../support/listen.ts';
import { fillForm, signInByForms } from './sign-in.ts';

const CALLBACK = 'https://app.example.org/callback';
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

test('the form that asks for what is known is filled in, hidden fields go back, and other buttons are not pressed', () => {
  const html = `<form action="/search"><input name="q"></form>
    <form action='/login?a=1&amp;b=2' method="post"><input type="hidden" name="token" value="&quot;t&#39;&amp;">
    <input name="user" value=""><input type=text name="remember"><button name="accept" value="Yes">
    <button name="cancel" value="No"></form>`;
  const { action, fields } = fillForm(
    { url: new URL('http://127.0.0.1/page'), html },
    { user: 'person', accept: 'Yes' },
  );
  expect(action.href).toBe('http://127.0.0.1/login?a=1&b=2');
  expect([...fields]).toEqual([
    ['token', '"t\'&'],
    ['user', 'person'],
    ['accept', 'Yes'],
  ]);
});

test('pages follow each other until the app is reached, which is not called', async () => {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url} ${req.headers.cookie ?? ''}`.trim());
    if (req.method === 'GET') {
      res.setHeader('set-cookie', 'session=1; Path=/');
      return res.end('<form action="#"><input name="user"></form>');
    }
    if (req.url === '/authorize') return res.end('<form action="/consent"><input name="accept"></form>');
    return res.writeHead(302, { location: `${CALLBACK}?code=1` }).end();
  });
  const origin = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  closing.push(() => closeServer(server));
  const signIn = signInByForms({ user: 'person', accept: 'Yes' });
  expect((await signIn(new URL('/authorize', origin), CALLBACK)).href).toBe(`${CALLBACK}?code=1`);
  expect(asked).toEqual(['GET /authorize', 'POST /authorize session=1', 'POST /consent session=1']);
});
