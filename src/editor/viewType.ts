/** The editor for `*.qcow2`, and for any file by command. */
export const VIEW_TYPE = 'qcow2.editor';
/** The same editor, offered for names that other tools use too; the manifest needs a second one. */
export const OPTIONAL_VIEW_TYPE = 'qcow2.optionalEditor';
