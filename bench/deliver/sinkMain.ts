import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { SinkAnswer, SinkOrder, SlowMails } from './sinkProcess.ts';

/** A mail server that costs as little as one in Node.js can: it looks for the end of commands and bodies, and keeps nothing but a count. */
let slow: SlowMails | undefined;
let mails = 0;

const extensions = '250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 26214400\r\n';
const bodyEnd = '\r\n.\r\n';

const server = createServer({ noDelay: true }, (socket) => {
  let isInBody = false;
  let rest = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (isInBody) {
      rest = (rest + chunk.toString('latin1', Math.max(0, chunk.length - bodyEnd.length))).slice(-bodyEnd.length);
      if (rest !== bodyEnd) return;
      isInBody = false;
      rest = '';
      take(socket);
      return;
    }
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    const answers = lines.map(answerTo);
    isInBody = lines.includes('DATA');
    socket.write(answers.join(''));
  });
  socket.write('220 sink.example ESMTP\r\n');
});

function answerTo(line: string): string {
  switch (line.slice(0, 4).toUpperCase()) {
    case 'EHLO':
      return extensions;
    case 'DATA':
      return '354 go on\r\n';
    case 'QUIT':
      return '221 bye\r\n';
    default:
      return '250 ok\r\n';
  }
}

function take(socket: Socket): void {
  mails += 1;
  // In the middle of each stretch, so that no run ends with a slow one.
  if (slow === undefined || mails % slow.every !== Math.floor(slow.every / 2)) socket.write('250 ok\r\n');
  else setTimeout(() => socket.write('250 ok\r\n'), slow.delayMs);
}

function answer(what: SinkAnswer): void {
  process.send?.(what);
}

process.on('message', (order: SinkOrder) => {
  if (order.kind === 'begin') {
    mails = 0;
    slow = order.slow;
  }
  answer({ kind: 'mails', mails });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => answer({ kind: 'listening', port: (server.address() as AddressInfo).port }));
