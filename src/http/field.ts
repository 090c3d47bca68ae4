import { z } from 'zod';

/** A field of a route's input, as its schema describes it. */
export interface Field {
  readonly name: string;
  /** One sentence for whoever fills it in. */
  readonly about: string;
  /** Carries personal data: masked wherever it is kept. */
  readonly isPersonal: boolean;
  /** May be left out. */
  readonly isOptional: boolean;
  /** True or false, so that the command line takes it without a value. */
  readonly isFlag: boolean;
  readonly schema: z.ZodType;
}

/**
 * The fields of a route's input, in their order. Throws `TypeError` for an input that is not a strict object, whose fields could
 * be misspelled unseen, and for a field without a description.
 */
export function fieldsOf(input: z.ZodType): readonly Field[] {
  if (!(input instanceof z.ZodObject) || !(input.def.catchall instanceof z.ZodNever))
    throw new TypeError('the input of a route is a strict object');
  return Object.entries(input.shape).map(([name, schema]) => fieldOf(name, schema as z.ZodType));
}

function fieldOf(name: string, schema: z.ZodType): Field {
  const inner = withoutWrapping(schema);
  const { description, isPersonal } = { ...inner.meta(), ...schema.meta() };
  if (description === undefined) throw new TypeError(`the field ${name} of a route has no description`);
  return {
    name,
    about: description,
    isPersonal: isPersonal === true,
    isOptional: schema.safeParse(undefined).success,
    isFlag: inner instanceof z.ZodBoolean,
    schema,
  };
}

/** A schema that is optional or has a default wraps the one that may be described. */
function withoutWrapping(schema: z.ZodType): z.ZodType {
  const isWrapping = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapping ? withoutWrapping(schema.unwrap() as z.ZodType) : schema;
}
