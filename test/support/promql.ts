/** What a PromQL expression names. */
export interface Named {
  /** Metrics, each with the labels that its selector matches by. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels that it groups or joins by. */
  readonly groupings: readonly string[];
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'group_left', 'group_right']);

/**
 * Reads the names out of an expression that Prometheus accepts; whether it does is for Prometheus to say. Selectors by
 * `__name__` and numbers like `1e3` are not understood.
 */
export function namesOf(expression: string): Named {
  const groupings: string[] = [];
  const plain = expression
    .replaceAll(/#.*$/gm, '')
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""')
    .replaceAll(/\[[^\]]*\]|\boffset\s+-?\w+/g, '')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_all, labels: string) => {
      groupings.push(...words(labels));
      return '';
    });
  const selectors = [...plain.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()\s*(?:\{([^}]*)\})?/g)];
  return {
    metrics: selectors
      .filter(([, name = '']) => !keywords.has(name.toLowerCase()))
      .map(([, name = '', matchers = '']) => ({ name, labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label) })),
    groupings,
  };
}

function words(text: string): readonly string[] {
  return text.match(/\w+/g) ?? [];
}
