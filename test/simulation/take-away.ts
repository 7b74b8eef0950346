/** A guard of DESIGN.md sections 4 and 5, and how the simulation runs without it. */
export interface Guard {
  readonly name: string;
  /** Where DESIGN.md asks for it: section.point. */
  readonly rule: string;
  /** Takes it away; the function given back restores it. */
  takeAway(): () => void;
}

// A guard is taken away by replacing the private method that holds it, so the types of those methods are not to be had.
type Untyped = ReturnType<typeof JSON.parse>;
type Method = (this: Untyped, ...args: Untyped[]) => Untyped;

/** A guard that is gone when `method` of a class does what `make` gives instead. */
export function guard(
  rule: string,
  name: string,
  owner: { readonly prototype: object },
  method: string,
  make: (original: Method) => Method,
): Guard {
  return { rule, name, takeAway: () => replace(owner, method, make) };
}

/** Replaces a method of a class until the function given back is called. */
export function replace(
  owner: { readonly prototype: object },
  method: string,
  make: (original: Method) => Method,
): () => void {
  const before = Object.getOwnPropertyDescriptor(owner.prototype, method);
  if (typeof before?.value !== 'function') throw new Error(`no method ${method} to take away`);
  Object.defineProperty(owner.prototype, method, { ...before, value: make(before.value as Method) });
  return () => void Object.defineProperty(owner.prototype, method, before);
}

const replaced = new Map<string, (original: Method) => Method>();

/** A function of a module that `guardOf` can replace; the test file mocks the module with it. */
export function replaceable<F extends Method>(name: string, original: F): F {
  return ((...args) => (replaced.get(name)?.(original) ?? original)(...args)) as F;
}

/** A guard that is gone when a replaceable function does what `make` gives instead. */
export function guardOf(rule: string, name: string, functionName: string, make: (original: Method) => Method): Guard {
  return {
    rule,
    name,
    takeAway: () => {
      replaced.set(functionName, make);
      return () => void replaced.delete(functionName);
    },
  };
}
