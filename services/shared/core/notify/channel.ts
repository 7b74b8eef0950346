/** Where a secret is: the name of an environment variable, or the path of a file. Never the secret itself. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** A channel of the catalogue: where a rule's messages go. */
export type Channel =
  | {
      readonly kind: 'webhook';
      readonly name: string;
      /** http or https, without user name and password. */
      readonly url: string;
      /** Key that signs the messages; null: they are not signed. */
      readonly secret: SecretPlace | null;
      readonly headers: Readonly<Record<string, string | SecretPlace>>;
      /** Whether the receiver may be at a private or loopback address that the URL does not name as this machine. */
      readonly allowPrivate: boolean;
    }
  /** Writes a line to takt's own log. */
  | { readonly kind: 'log'; readonly name: string };
