import { isAbsolute, sep } from 'node:path';

/** A name up to a colon before any slash is a protocol, were it one letter (path_has_protocol). */
const PROTOCOL = sep === '\\' ? /^(?![A-Za-z]:)([^/\\:]*):/ : /^([^/:]*):/;

/** Protocols that some QEMU knows: what they lead to is no file of this machine. */
const KNOWN_PROTOCOLS = new Set(
  (
    'blkdebug blklogwrites blkreplay blkverify fat ftp ftps gluster gluster+rdma gluster+tcp ' +
    'gluster+unix host_cdrom host_device http https io_uring iscsi iser json nbd nbd+tcp nbd+unix ' +
    'nfs null-aio null-co nvme nvme-io_uring pbs rbd sheepdog sheepdog+tcp sheepdog+unix ssh sftp ' +
    'virtio-blk-vfio-pci virtio-blk-vhost-user virtio-blk-vhost-vdpa vxhs'
  ).split(' '),
);

const protocolOf = (name: string): string | undefined => PROTOCOL.exec(name)?.[1];

/** Why a name leads to no file of this machine, in QEMU's words where it has some. */
export function notAFile(name: string): string | undefined {
  const protocol = protocolOf(name);
  if (protocol === undefined || protocol === 'file') return undefined;
  return KNOWN_PROTOCOLS.has(protocol)
    ? `'${name}' is no file of this machine`
    : `Unknown protocol '${protocol}'`;
}

/**
 * The whole name of a backing file (bdrv_get_full_backing_filename): relative to the folder of the
 * path by which the image above was opened. Absolute ones and those with a protocol stay.
 */
export function fullBackingName(image: string, name: string): string {
  if (isAbsolute(name) || protocolOf(name) !== undefined) return name;
  const path = filePath(image);
  const folderEnd = Math.max(path.lastIndexOf('/'), path.lastIndexOf(sep));
  return path.slice(0, folderEnd + 1) + name;
}

/** The path that a name leads to; what is relative in it, is so to the working directory. */
export const filePath = (name: string): string =>
  protocolOf(name) === 'file' ? name.slice('file:'.length) : name;
