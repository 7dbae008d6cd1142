import { createHash } from 'node:crypto';
import { closedExample } from '../../bench/closed-example.ts';
import type { Measured } from '../../bench/figure.ts';
import { closedWebhook, signBody } from '../worker/support/github-webhook.ts';
import { pullRequestRun } from '../worker/support/issuer.ts';
import type { SignedBody } from '../worker/support/signed-body.ts';
import { wish } from '../worker/support/worker.ts';
import { atOnce } from './at-once.ts';
import { alarmsLine, answersLine, bytesText, exactly } from './report.ts';
import { runtimeMemoryLine } from './runtime-memory.ts';
import type { LoadScene } from './scene.ts';

/** Pull requests of each repository that are closed; the first one has a client. */
const PULLS = 4;
const AT_ONCE = 32;
/** What cannot be taken now is to be delivered again; GitHub is asked to. */
const MOST_ATTEMPTS = 10;

type Delivery = SignedBody & {
  readonly id: string;
  /** Where it is kept, under which name, and what has to become of it. */
  readonly repository: string;
  readonly name: string;
  readonly outcome: 'taken' | 'ignored';
};

/** Five deliveries for each of a thousand repositories, every one of them twice. */
export async function takeDeliveries(scene: LoadScene): Promise<Measured> {
  const { repositories, server } = scene;
  const deploys: number[] = [];
  await atOnce(AT_ONCE, repositories, async (repository) => void deploys.push(await deployPreview(scene, repository)));
  const made = server.clients().length;
  await scene.booksWhen(repositories, atRest);
  await scene.alarms();

  const deliveries = repositories.flatMap(deliveriesFor);
  const outcomes = new Map(deliveries.map(({ id }) => [id, [] as string[]]));
  const answers: number[] = [];
  let again = 0;
  const began = performance.now();
  await atOnce(AT_ONCE, twiceInSomeOrder(deliveries), async (delivery) => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const sent = performance.now();
      const answer = await scene.worker.harness.fetch('/webhooks/github', {
        method: 'POST',
        headers: { ...delivery.headers, 'x-github-delivery': delivery.id },
        body: delivery.body,
      });
      const text = await answer.text();
      answers.push(performance.now() - sent);
      if (answer.status === 202) {
        outcomes.get(delivery.id)?.push((JSON.parse(text) as { readonly status: string }).status);
        return;
      }
      again += 1;
    }
  });
  const seconds = (performance.now() - began) / 1000;

  const books = await scene.booksWhen(repositories, (all) => atRest(all) && all.active === 0);
  const kept = new Map(books.map((all) => [all.repository, all.deliveries]));
  const rows = books.reduce((count, all) => count + Object.keys(all.deliveries).length, 0);
  const recorded = deliveries.filter(({ repository, name, outcome }) => kept.get(repository)?.[name] === outcome);
  const answered = deliveries.filter(
    ({ id, outcome }) => outcomes.get(id)?.toSorted().join() === [outcome, 'repeated'].toSorted().join(),
  );
  const deletions = server.count({ method: 'DELETE' });
  return {
    title: `${(2 * deliveries.length).toLocaleString('en')} deliveries, half of them again, for ${repositories.length.toLocaleString('en')} repositories, ${AT_ONCE} at once`,
    lines: [
      answersLine('deploys before', deploys),
      answersLine('deliveries', answers),
      `deliveries per second: ${(answers.length / seconds).toFixed(0)}; told to deliver again: ${again}`,
      alarmsLine(await scene.alarms()),
      `calls that delete a client: ${deletions.toLocaleString('en')}`,
      `database of one object, the largest: ${bytesText(Math.max(...books.map(({ bytes }) => bytes)))}`,
      await runtimeMemoryLine(),
    ],
    figures: [
      exactly('clients that previews had', made, repositories.length),
      exactly(
        'deliveries answered with what became of them once, and as repeated once',
        answered.length,
        deliveries.length,
      ),
      exactly('deliveries recorded with what became of them', recorded.length, deliveries.length),
      exactly('records of deliveries', rows, deliveries.length),
      exactly('clients left at the server, all owners having ended', server.clients().length, 0),
    ],
  };
}

const atRest = ({ alarmAt }: { readonly alarmAt: number | null }) =>
  alarmAt === null || alarmAt > Date.now() + 3_600_000;

/** How long the answer took, in milliseconds. */
async function deployPreview({ worker, server }: LoadScene, repository: string): Promise<number> {
  const body = { ...wish(server), owner: { kind: 'pull_request', number: 1 } as const };
  const claims = pullRequestRun(1, { repository_id: repository, repository: `acme/app-${repository}` });
  const began = performance.now();
  const { status, body: said } = await worker.apply('pr-1/web', body, claims);
  if (status !== 200)
    throw new Error(`a preview of ${repository} was answered with ${status} ${said.error} ${said.message}`);
  return performance.now() - began;
}

function deliveriesFor(repository: string): readonly Delivery[] {
  const closed = Array.from({ length: PULLS }, (_, index): Delivery => {
    const id = `${repository}-closed-${index + 1}`;
    const webhook = closedWebhook(index + 1, closedExample(), repository);
    return { ...webhook, id, repository, name: `github:${id} owner_ended`, outcome: 'taken' };
  });
  const id = `${repository}-unarchived`;
  const unarchived = signBody('repository', { action: 'unarchived', repository: { id: Number(repository) } });
  const ignored = { ...unarchived, id, repository, name: `github:${id} repository_unarchived`, outcome: 'ignored' };
  return [...closed, ignored as Delivery];
}

/** Mixed, the same way each time. Of every other delivery the second copy comes right behind the first. */
function twiceInSomeOrder(deliveries: readonly Delivery[]): readonly Delivery[] {
  const place = (text: string) => createHash('sha256').update(text).digest('hex');
  const copies = deliveries.flatMap((delivery, index) => [
    { delivery, at: place(delivery.id) },
    { delivery, at: index % 2 === 0 ? place(delivery.id) : place(`${delivery.id} again`) },
  ]);
  return copies.toSorted((one, other) => (one.at < other.at ? -1 : 1)).map(({ delivery }) => delivery);
}
