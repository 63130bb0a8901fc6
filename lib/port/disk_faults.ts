import type { DiskErrorCode } from "./disk.ts";

/** What is asked of a disk, for choosing what fails. */
export type DiskOperationKind =
  | "open"
  | "read"
  | "write"
  | "truncate"
  | "sync"
  | "list"
  | "make directory"
  | "rename"
  | "remove"
  | "remove directory"
  | "sync directory";

/** One operation as it begins. */
export interface DiskOperation {
  readonly kind: DiskOperationKind;
  readonly path: string;
  /** Operations of this disk so far, this one included. */
  readonly count: number;
}

/**
 * How an operation fails: with an error (`EINTR` before anything was done, so that the caller
 * goes on), or, for a read or write, by doing only so many bytes.
 */
export type DiskFault = DiskErrorCode | "EINTR" | { readonly short: number };

/** Says whether, and how, an operation fails. */
export type DiskFaultPlan = (operation: DiskOperation) => DiskFault | undefined;

/** An error as the kernel would give it, below the loops that go on after `EINTR`. */
export class InjectedFault extends Error {
  override readonly name = "InjectedFault";
  constructor(readonly code: DiskErrorCode | "EINTR") {
    super(`Injected ${code}`);
  }
}

/** The next operation of `kind` fails, once. */
export function failNext(kind: DiskOperationKind, fault: DiskFault): DiskFaultPlan {
  let isDone = false;
  return (operation) => {
    if (isDone || operation.kind !== kind) return undefined;
    isDone = true;
    return fault;
  };
}

/** Every operation of `kind` fails from now on. */
export function failAll(kind: DiskOperationKind, fault: DiskFault): DiskFaultPlan {
  return (operation) => operation.kind === kind ? fault : undefined;
}

/** The `count`th operation of the disk fails, alone or with all that follow. */
export function failAt(count: number, fault: DiskFault, mode: "once" | "on"): DiskFaultPlan {
  return (operation) => {
    const isHit = mode === "once" ? operation.count === count : operation.count >= count;
    return isHit ? fault : undefined;
  };
}
