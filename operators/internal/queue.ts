interface Node<T> {
  readonly value: T;
  next: Node<T> | undefined;
}

/** First in, first out, in constant time whatever its length (`Array.shift` moves the rest). Keeps no reference to what left. */
export class Queue<T> {
  #head: Node<T> | undefined;
  #tail: Node<T> | undefined;

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  push(value: T): void {
    const node: Node<T> = { value, next: undefined };
    if (this.#tail === undefined) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
  }

  /** Takes the oldest; undefined when empty. */
  shift(): T | undefined {
    const node = this.#head;
    if (node === undefined) return undefined;
    this.#head = node.next;
    if (this.#head === undefined) this.#tail = undefined;
    return node.value;
  }
}
