import type { HttpAnswer } from './httpClient.ts';

/** A schema of an answer's body. */
interface Shape<T> {
  safeParse(input: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** Reads an answer as JSON of a shape; where it is anything else, throws what `otherwise` makes: the answer's text is not repeated. */
export function readAnswer<T>({ body }: Pick<HttpAnswer, 'body'>, shape: Shape<T>, otherwise: () => Error): T {
  const result = shape.safeParse(parsed(body));
  if (result.success) return result.data;
  throw otherwise();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
