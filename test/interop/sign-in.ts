import { openUserAgent, type Page, type SignIn } from '../support/user-agent.ts';

const MAX_PAGES = 6;

/** Signs in as a person does who is shown forms: gives the answers asked for, by field or button, page after page. */
export function signInByForms(answers: Readonly<Record<string, string>>): SignIn {
  return async (start, redirectUri) => {
    const agent = openUserAgent(redirectUri);
    let reached = await agent.visit(start);
    for (let page = 0; page < MAX_PAGES; page += 1) {
      if ('callback' in reached) return reached.callback;
      const { action, fields } = fillForm(reached, answers);
      reached = await agent.visit(action, fields);
    }
    throw new Error(`no end of forms after ${MAX_PAGES}`);
  };
}

type Form = { readonly action: URL; readonly fields: URLSearchParams };

/** The form of a page with the most of the fields that there is an answer for; hidden fields go back as they are. */
export function fillForm({ url, html }: Page, answers: Readonly<Record<string, string>>): Form {
  const forms = [...html.matchAll(/<form\b(?<head>[^>]*)>(?<body>[\s\S]*?)<\/form>/giu)].map(({ groups }) => {
    const fields = [...(groups?.body ?? '').matchAll(/<(?:input|button)\b[^>]*>/giu)].map(([tag]) => attributesOf(tag));
    return { head: attributesOf(groups?.head ?? ''), fields };
  });
  const answered = ({ fields }: (typeof forms)[number]) => fields.filter(({ name = '' }) => name in answers).length;
  const form = forms.sort((one, other) => answered(other) - answered(one))[0];
  if (form === undefined) throw new Error(`${url.pathname} shows no form: ${html.slice(0, 500)}`);
  const sent = form.fields.flatMap(({ name, type, value = '' }): [string, string][] => {
    if (name === undefined) return [];
    const answer = answers[name] ?? (type === 'hidden' ? value : undefined);
    return answer === undefined ? [] : [[name, answer]];
  });
  const action = form.head.action ?? '';
  return { action: action.startsWith('#') ? url : new URL(action, url), fields: new URLSearchParams(sent) };
}

function attributesOf(tag: string): Readonly<Record<string, string>> {
  const found = tag.matchAll(/(?<name>[\w-]+)\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')/gu);
  return Object.fromEntries(
    [...found].map(({ groups }) => [
      String(groups?.name).toLowerCase(),
      withoutEntities(groups?.double ?? groups?.single ?? ''),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(?:#(?<number>\d+)|(?<name>[a-z]+));/gu, (entity, number?: string, name?: string) =>
    number === undefined ? (ENTITIES[name ?? ''] ?? entity) : String.fromCodePoint(Number(number)),
  );
}
