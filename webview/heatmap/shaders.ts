/** A quad for each tile; `place` in device pixels from the top left. */
export const VERTEX_SHADER = `#version 300 es
in vec4 place;
in vec3 source;
in vec4 cell;
uniform vec2 view;
out vec2 at;
flat out vec4 tile;
flat out vec4 square;

void main() {
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  vec2 pixel = mix(place.xy, place.zw, corner);
  at = source.xy + corner * source.z;
  square = vec4(source.xy, source.xy + source.z);
  tile = cell;
  vec2 clip = pixel / view * 2.0 - 1.0;
  gl_Position = vec4(clip.x, -clip.y, 0.0, 1.0);
}
`;

/** Fetches the cell under the pixel; the second row of the palette has the dimmed colours. */
export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2DArray;
in vec2 at;
flat in vec4 tile;
flat in vec4 square;
uniform usampler2DArray glyphs;
uniform usampler2DArray masks;
uniform sampler2D palette;
uniform usampler2DArray painted;
uniform usampler2DArray shares;
uniform uint density;
uniform uint holding;
uniform uint isolatedMask;
uniform uint isolatedDominant;
out vec4 colour;

void main() {
  uint glyph = uint(tile.y);
  uint mask = uint(tile.z);
  if (tile.x >= 0.0) {
    ivec3 place = ivec3(clamp(floor(at), square.xy, square.zw - 1.0), int(tile.x));
    glyph = texelFetch(glyphs, place, 0).r;
    mask = texelFetch(masks, place, 0).r;
  }
  uint dominant = glyph & 31u;
  float share = (holding >> dominant & 1u) == 1u ? 1.0 : 0.0;
  if (density == 1u && tile.x >= 0.0) {
    ivec3 place = ivec3(clamp(floor(at), square.xy, square.zw - 1.0), int(tile.x));
    share = float(texelFetch(shares, place, 0).r) / 255.0;
  }
  uint rarest = texelFetch(painted, ivec3(int(mask & 255u), int(mask >> 8u), int(tile.w)), 0).r;
  if (rarest != 255u) dominant = rarest;
  int row = 0;
  if (isolatedMask != 0u) {
    if ((mask & isolatedMask) != 0u) dominant = isolatedDominant;
    else row = 1;
  }
  vec4 found = texelFetch(palette, ivec2(int(dominant), row), 0);
  if (density == 1u && found.a > 0.0) {
    vec4 nothing = texelFetch(palette, ivec2(0, 0), 0);
    found = share == 0.0 ? nothing : mix(nothing, found, 0.25 + 0.75 * share);
  }
  colour = vec4(found.rgb * found.a, found.a);
}
`;
