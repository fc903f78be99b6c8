/** The parts of a manifest that say what tables need around them: schemas, extensions, collations and types. */

export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/** What somebody may do with an object beyond, or short of, what PostgreSQL gives by default. */
export interface Privilege {
  /** Name of the role; null for everybody (PUBLIC). */
  readonly grantee: string | null;
  /** `SELECT`, `USAGE`, … */
  readonly privilege: string;
  /** Whether with grant option. */
  readonly grantable: boolean;
}

/** Who may do what with an object: not its ACL itself, but how that differs from the default for the object's kind. */
export interface Access {
  readonly owner: string;
  /** Granted besides the default. */
  readonly grants: readonly Privilege[];
  /** Taken away from the default. */
  readonly revokes: readonly Privilege[];
}

export interface SchemaDefinition extends Access {
  readonly name: string;
  readonly comment: string | null;
}

export interface ExtensionDefinition {
  readonly name: string;
  readonly schema: string;
  readonly version: string;
}

export interface CollationDefinition extends RelationName {
  readonly owner: string;
  readonly comment: string | null;
  readonly provider: CollationProvider;
  readonly deterministic: boolean;
  /** Of ICU and built-in collations. */
  readonly locale: string | null;
  /** Of libc collations. */
  readonly collate: string | null;
  readonly ctype: string | null;
  /** Further rules of an ICU collation. */
  readonly rules: string | null;
}

export const collationProviders = ['libc', 'icu', 'builtin'] as const;
export type CollationProvider = (typeof collationProviders)[number];

/** A type that users made, without those that extensions brought. */
export type TypeDefinition = EnumType | DomainType | CompositeType | RangeType;

interface TypeFacts extends RelationName, Access {
  readonly comment: string | null;
}

export interface EnumType extends TypeFacts {
  readonly kind: 'enum';
  readonly labels: readonly string[];
}

export interface DomainType extends TypeFacts {
  readonly kind: 'domain';
  /** As `format_type` prints it, like all types here. */
  readonly base: string;
  /** Qualified, where it is not the base type's own. */
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly constraints: readonly DomainConstraint[];
}

export interface DomainConstraint {
  readonly name: string;
  /** As `pg_get_constraintdef` prints it: `CHECK ((VALUE > 0))`. */
  readonly definition: string;
  readonly comment: string | null;
}

export interface CompositeType extends TypeFacts {
  readonly kind: 'composite';
  readonly attributes: readonly TypeAttribute[];
}

export interface TypeAttribute {
  readonly name: string;
  readonly type: string;
  readonly collation: string | null;
  readonly comment: string | null;
}

export interface RangeType extends TypeFacts {
  readonly kind: 'range';
  readonly subtype: string;
  /** Qualified, where it is not the subtype's default. */
  readonly operatorClass: string | null;
  readonly collation: string | null;
  /** Qualified name of the function that makes values canonical; such a type cannot be created without its function. */
  readonly canonical: string | null;
  readonly difference: string | null;
  /** The multirange type, which is created with it, in the schema of `multirangeSchema`. */
  readonly multirange: string;
  readonly multirangeSchema: string;
}

/** What of the above a table needs, through all levels of its types. */
export interface Needs {
  readonly extensions: readonly string[];
  readonly collations: readonly RelationName[];
  readonly types: readonly RelationName[];
}

/** All that tables need around them, in an order in which it can be created. */
export interface DatabaseObjects {
  readonly schemas: readonly SchemaDefinition[];
  readonly extensions: readonly ExtensionDefinition[];
  readonly collations: readonly CollationDefinition[];
  readonly types: readonly TypeDefinition[];
}

/** The object that holds what `pg_dump --schema-only` printed within the snapshot. */
export interface SchemaDump {
  /** Key below the store's prefix. */
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 without the lines that hold a random key, which each dump has another one of: equal for equal schemas. */
  readonly contentSha256: string;
  /** What `pg_dump --version` printed. */
  readonly pgDump: string;
}
