/** A line of qemu-img's as this program says it. */
export const asOurs = (line: string): string => line.replace(/^qemu-img: /, 'qcow2-lens: ');
