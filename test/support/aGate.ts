import type { Entry, Gate } from '../../operators/gate.ts';

/** A gate that a test opens and shuts; it remembers what it was told. */
export interface HandGate extends Gate {
  readonly told: string[];
  /** Entries that have not left. */
  readonly inside: Set<Entry>;
  /** Stages that want to be woken. */
  readonly wakes: Set<() => void>;
  open(): void;
  shut(): void;
}

/** Open at first. `onFailure` is called when a call fails, before the stage goes on. */
export function aGate({ isOpen = true, onFailure }: { isOpen?: boolean; onFailure?: (gate: HandGate) => void } = {}): HandGate {
  let open = isOpen;
  const gate: HandGate = {
    name: 'smtp',
    told: [],
    inside: new Set(),
    wakes: new Set(),
    isOpen: () => open,
    enter: () => {
      const entry: Entry = {
        mayCall: () => open,
        answered: () => void gate.told.push('answered'),
        failed: () => {
          gate.told.push('failed');
          onFailure?.(gate);
        },
        leave: () => void gate.inside.delete(entry),
      };
      gate.inside.add(entry);
      return entry;
    },
    onOpen: (wake) => {
      gate.wakes.add(wake);
      return () => void gate.wakes.delete(wake);
    },
    open: () => {
      open = true;
      for (const wake of [...gate.wakes]) wake();
    },
    shut: () => {
      open = false;
    },
  };
  return gate;
}
