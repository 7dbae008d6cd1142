import built, { Repository as Built } from '../../../worker/index.ts';

// Runs in workerd: the Worker as it is, in a world whose clock and whose KV a test can change with PUT /conditions.

const STALE_MS = 60_000;

const realNow = Date.now.bind(Date);
const realTimeout = globalThis.setTimeout.bind(globalThis);
let clock = { real: realNow(), at: realNow(), speed: 1 };
let kv = 'good';
let unseen = [];
let alarmAt = null;
let alarms = 0;

Date.now = () => Math.round(clock.at + (realNow() - clock.real) * clock.speed);
globalThis.setTimeout = (work, ms = 0, ...rest) => realTimeout(work, ms / clock.speed, ...rest);

const toReal = (at) => Math.round(realNow() + (at - Date.now()) / clock.speed);
const fromReal = (real) => Math.round(Date.now() + (real - realNow()) * clock.speed);

async function change(request, env) {
  const wanted = await request.json();
  clock = { real: realNow(), at: Date.now() + (wanted.passMs ?? 0), speed: wanted.speed ?? clock.speed };
  kv = wanted.kv ?? kv;
  if (wanted.wake !== undefined) await env.REPOSITORIES.getByName(wanted.wake).wake();
  if (wanted.breakOff !== undefined) {
    await env.REPOSITORIES.getByName(wanted.breakOff)
      .breakOff()
      .catch(() => {});
  }
  const idle = alarms === 0 && (alarmAt === null || alarmAt > Date.now());
  return Response.json({ clock, idle });
}

/** Writes fail, or are seen a minute later than they were made. */
function unreliable(namespace) {
  const settle = async () => {
    const seen = unseen.filter(({ at }) => kv !== 'stale' || at <= Date.now());
    unseen = unseen.filter((write) => !seen.includes(write));
    for (const { write } of seen) await write();
  };
  const reading =
    (name) =>
    async (...parameters) => {
      await settle();
      return namespace[name](...parameters);
    };
  const writing =
    (name) =>
    async (...parameters) => {
      if (kv === 'failing') throw new Error(`KV ${name.toUpperCase()} failed: 500 Internal Server Error`);
      const write = () => namespace[name](...parameters);
      if (kv !== 'stale') return write();
      unseen.push({ at: Date.now() + STALE_MS, write });
    };
  return { get: reading('get'), list: reading('list'), put: writing('put'), delete: writing('delete') };
}

const surroundings = new WeakMap();

function around(env) {
  const known = surroundings.get(env) ?? { ...env, REGISTRATIONS: unreliable(env.REGISTRATIONS) };
  surroundings.set(env, known);
  return known;
}

export class Repository extends Built {
  constructor(context, env) {
    const { storage } = context;
    const setAlarm = storage.setAlarm.bind(storage);
    const getAlarm = storage.getAlarm.bind(storage);
    const deleteAlarm = storage.deleteAlarm.bind(storage);
    storage.setAlarm = (at) => {
      alarmAt = at;
      return setAlarm(toReal(at));
    };
    storage.deleteAlarm = () => {
      alarmAt = null;
      return deleteAlarm();
    };
    storage.getAlarm = async () => {
      const at = await getAlarm();
      return at === null ? null : fromReal(at);
    };
    super(context, around(env));
  }

  /** Ends the object in the middle of whatever it is doing. */
  breakOff() {
    alarms = 0;
    this.ctx.abort('broken off by a test');
  }

  async alarm() {
    alarmAt = null;
    alarms += 1;
    try {
      await super.alarm();
    } finally {
      alarms = Math.max(0, alarms - 1);
    }
  }
}

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === '/conditions' ? change(request, env) : built.fetch(request, around(env), context),
  scheduled: (controller, env) => built.scheduled(controller, around(env)),
};
