import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const file = join(import.meta.dirname, '../../config/prometheus/alertmanager.yml');

interface Route {
  readonly group_wait?: string;
  readonly routes?: readonly Route[];
}

/**
 * The configuration of Alertmanager that is shipped (YAML), which tells us at `receiver` (`/page` and `/ticket`) and soon: a second is 100 ms
 * where it waits for more of a group, since what is late is late in scrapes.
 */
export function hastyAlertmanager(receiver: string): string {
  const shipped = parse(readFileSync(file, 'utf8')) as { readonly route: Route };
  const hasty = ({ group_wait, ...route }: Route): object => ({
    ...route,
    ...(group_wait !== undefined && { group_wait: `${Number.parseInt(group_wait) * 100}ms` }),
    ...{ group_interval: '1s', repeat_interval: '1h' },
    ...(route.routes && { routes: route.routes.map(hasty) }),
  });
  const receivers = ['page', 'ticket'].map((name) => ({ name, webhook_configs: [{ url: `${receiver}/${name}`, send_resolved: false }] }));
  return stringify({ ...shipped, route: hasty(shipped.route), receivers });
}
