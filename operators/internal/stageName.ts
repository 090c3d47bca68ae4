/**
 * The name of a stage: the name of the function it is built around. Throws a TypeError where there is none, as with a
 * function written in place or returned by another, since metrics, logs and the console would show a blank.
 */
export function stageName(project: { readonly name: string }): string {
  if (project.name === '') throw new TypeError('A stage is named after its function, and this function has no name: declare it with one.');
  return project.name;
}
