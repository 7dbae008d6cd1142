import type { Bindings } from './repository/bindings.ts';
import { app } from './routes/app.ts';
import { scheduled } from './routes/scheduled.ts';

export { Repository } from './repository/repository.ts';

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  scheduled: (_controller, env) => scheduled(env),
} satisfies ExportedHandler<Bindings>;
