import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { resolveModule, sourceFiles } from './moduleFiles.mjs';
import { root } from './repository.mjs';

/** Folders whose exports must be used by another file of these or of the others. */
const OWN = ['src', 'webview', 'test', 'scripts'];

/** Loaded by something other than an import: VS Code, the extension-host tests' runner. */
const ENTRIES = new Set(['src/extension.ts', 'test/vscode/index.ts']);

/**
 * Functions, classes and constants that no other file imports, though exported. (Types are not
 * counted: a function's signature may need them exported where nobody names them.)
 * @returns {string[]} such as `src/core/bytes.ts: roundUp`
 */
export function unusedExports() {
  const files = OWN.flatMap((folder) => sourceFiles(join(root, folder)));
  /** @type {Map<string, Set<string>>} file to the names that others import from it; `*` for all */
  const used = new Map(files.map((file) => [file, new Set()]));
  /** @type {Array<{ file: string, name: string }>} */
  const exported = [];
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    for (const statement of source.statements) {
      for (const name of exportedNames(statement)) exported.push({ file, name });
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
      const from = statement.moduleSpecifier;
      if (from === undefined || !ts.isStringLiteral(from)) continue;
      const target = used.get(resolveModule(file, from.text) ?? '');
      for (const name of importedNames(statement)) target?.add(name);
    }
    for (const [, path] of source.text.matchAll(/import\(\s*'(\.[^']+)'\s*\)/g)) {
      used.get(resolveModule(file, path) ?? '')?.add('*');
    }
  }
  return exported
    .filter(({ file }) => !ENTRIES.has(relative(root, file)))
    .filter(({ file, name }) => !used.get(file)?.has('*') && !used.get(file)?.has(name))
    .map(({ file, name }) => `${relative(root, file)}: ${name}`);
}

/** @param {ts.Statement} statement @returns {string[]} */
function exportedNames(statement) {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [];
  if (!ts.canHaveModifiers(statement)) return [];
  const modifiers = ts.getModifiers(statement) ?? [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  }
  const named = /** @type {{ name?: ts.Node }} */ (/** @type {unknown} */ (statement)).name;
  return named !== undefined && ts.isIdentifier(named) ? [named.text] : [];
}

/** @param {ts.ImportDeclaration | ts.ExportDeclaration} statement @returns {string[]} */
function importedNames(statement) {
  const bindings = ts.isImportDeclaration(statement)
    ? statement.importClause?.namedBindings
    : (statement.exportClause ?? 'all');
  if (bindings === undefined) return [];
  if (bindings === 'all' || ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings)) {
    return ['*'];
  }
  return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}
