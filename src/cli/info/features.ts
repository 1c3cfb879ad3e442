import { findExtension } from '../../core/qcow2/extensions.js';
import { type FeatureKind, featureNames } from '../../core/qcow2/features.js';
import type { Image } from '../../core/qcow2/image.js';

/** The three feature fields of a version 3 header. */
export const FEATURE_FIELDS: readonly (readonly [FeatureKind, `${FeatureKind}_features`])[] = [
  ['incompatible', 'incompatible_features'],
  ['compatible', 'compatible_features'],
  ['autoclear', 'autoclear_features'],
];

/** The features that a field says, by name. */
export function featuresOf(
  image: Image,
  kind: FeatureKind,
  field: `${FeatureKind}_features`,
): string[] {
  const table = findExtension(image.extensions, 'feature-names');
  return featureNames(kind, image.header.value(field), table?.names ?? []);
}
