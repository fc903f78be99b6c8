/** `${NAME}`, `${NAME:-default}`; `$${` stands for a literal `${`. */
const reference = /\$(?:\$(?=\{)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})/g;

/**
 * Replaces references to environment variables in one value. As in a shell, `:-` gives its default for a variable
 * that is unset or empty; without it an unset variable is reported as `missing`. The result is not expanded again.
 */
export function expandVariables(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly text: string } | { readonly missing: string } {
  let missing: string | undefined;
  const expanded = text.replace(
    reference,
    (whole, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) return '$';
      const value = environment[name];
      if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
      if (value === undefined) missing ??= name;
      return value ?? whole;
    },
  );
  return missing === undefined ? { text: expanded } : { missing };
}
