/**
 * Strong components of a graph (Tarjan 1972): who can reach whom, and be reached back.
 *
 * @module
 */

/**
 * The component of each node that can be reached from `roots`. Components are numbered in reverse
 * topological order: an edge between two of them leads to the lower number.
 */
export function findComponents(
  roots: readonly number[],
  follow: (node: number) => Iterable<number>,
): Map<number, number> {
  const search = new ComponentSearch(follow);
  for (const root of roots) search.visitFrom(root);
  return search.components;
}

interface Visit {
  readonly node: number;
  readonly rest: Iterator<number>;
}

/** Without recursion, so that no graph exhausts the stack. */
class ComponentSearch {
  readonly components = new Map<number, number>();
  readonly #follow: (node: number) => Iterable<number>;
  readonly #order = new Map<number, number>();
  readonly #lowest = new Map<number, number>();
  readonly #open: number[] = [];
  #count = 0;

  constructor(follow: (node: number) => Iterable<number>) {
    this.#follow = follow;
  }

  visitFrom(root: number): void {
    if (this.#order.has(root)) return;
    const path: Visit[] = [this.#enter(root)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const next = visit.rest.next();
      if (next.done === true) {
        path.pop();
        this.#leave(visit.node, path.at(-1)?.node);
      } else if (!this.#order.has(next.value)) {
        path.push(this.#enter(next.value));
      } else if (!this.components.has(next.value)) {
        this.#lower(visit.node, this.#order.get(next.value));
      }
    }
  }

  #enter(node: number): Visit {
    this.#order.set(node, this.#order.size);
    this.#lowest.set(node, this.#order.size - 1);
    this.#open.push(node);
    return { node, rest: this.#follow(node)[Symbol.iterator]() };
  }

  #leave(node: number, parent: number | undefined): void {
    const lowest = this.#lowest.get(node);
    if (parent !== undefined) this.#lower(parent, lowest);
    if (lowest !== this.#order.get(node)) return;
    for (let member = this.#open.pop(); member !== undefined; member = this.#open.pop()) {
      this.components.set(member, this.#count);
      if (member === node) break;
    }
    this.#count += 1;
  }

  #lower(node: number, to: number | undefined): void {
    const lowest = this.#lowest.get(node) ?? 0;
    if (to !== undefined && to < lowest) this.#lowest.set(node, to);
  }
}
