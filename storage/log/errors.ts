/** Error codes of the Log. */
import { defineError } from '#base/errors.ts'

export const logCorrupt = defineError({
  code: 'log-corrupt',
  kind: 'corrupt',
  help: 'A segment of the Log holds a damaged frame that is followed by valid ones, or frames are missing. The segment is set aside with the suffix .damaged and reported; what could be read was kept.',
})

export const logFailed = defineError({
  code: 'log-failed',
  kind: 'unavailable',
  help: 'The disk refused a write or sync of the Log. The rows were not acknowledged; the segment is abandoned and the next write starts a new one. Check the disk.',
})

export const logFull = defineError({
  code: 'disk-full',
  kind: 'unavailable',
  help: 'The disk that holds the Log is nearly full. Writes are refused until space is free again; nothing acknowledged is lost.',
  setting: 'storage.budget',
})

export const folderInUse = defineError({
  code: 'folder-in-use',
  kind: 'invalid',
  help: 'Another process owns the storage folder. Stop it, or choose another folder.',
  setting: 'storage.dir',
})

export const folderDamaged = defineError({
  code: 'folder-damaged',
  kind: 'corrupt',
  help: 'LOCK or VERSION in the storage folder is not what any release writes. They hold no data: when the folder was last used by this release, delete the file that is named; it is made again.',
  setting: 'storage.dir',
})

export const folderTooNew = defineError({
  code: 'folder-too-new',
  kind: 'invalid',
  help: 'The storage folder was written by a newer release that this one cannot read. Start the newer release.',
  setting: 'storage.dir',
})
