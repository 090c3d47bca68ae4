import { dailyReportStore } from '../../pipelines/payments/dailyReportStore.ts';
import { openWholeFile } from '../../src/connectors/disk/openWholeFile.ts';
import { openDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../src/runtime/clock.ts';

const sampleEveryMs = 20;

/** A process of its own that compiles one report; prints its highest resident memory in each tenth of the time, in megabytes. */
const [url = '', day = '', folder = ''] = process.argv.slice(2);
const database = openDatabase({ url, clock: realClock });
const samples: number[] = [];
const timer = setInterval(() => samples.push(process.memoryUsage.rss() / 2 ** 20), sampleEveryMs);
await dailyReportStore(database, openWholeFile, () => new Date()).compile(day, { folder, passLimitMs: 600_000 });
clearInterval(timer);
await database.close();
const tenths = Array.from({ length: 10 }, (_, tenth) => {
  const part = samples.slice(Math.floor((tenth * samples.length) / 10), Math.ceil(((tenth + 1) * samples.length) / 10));
  return Math.round(Math.max(...part));
});
console.log(tenths.join(', '));
