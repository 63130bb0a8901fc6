/** What the executable's own tool reports of one direction. */
export interface Part {
  readonly messages: number;
  readonly seconds: number;
  /** µs. */
  readonly latencyUs?: { readonly [name: string]: number };
}

/** What it reports. */
export interface Report {
  readonly sent: Part;
  readonly received: Part;
  readonly acked: Part;
  readonly findings?: { readonly [name: string]: number };
  readonly errors: readonly { readonly first: string }[];
}
