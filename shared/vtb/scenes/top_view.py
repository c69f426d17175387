"""A room from above, for people: what stands where, and the way of the camera."""

from __future__ import annotations

import numpy as np

from vtb.media.image import Color, Image
from vtb.scenes.scene import Scene

FLOOR, INK, WAY, START = (236, 232, 224), (34, 34, 34), (220, 0, 90), (0, 120, 60)
MARGIN = 12  # pixels


def draw_top_view(scene: Scene, side: int) -> Image:
    """The room with x to the right and y up, at most so many pixels a side; the way begins at the dot."""
    import cv2

    scale = (side - 2 * MARGIN) / max(scene.size[:2])
    width, height = (round(length * scale) + 2 * MARGIN for length in scene.size[:2])
    picture = np.full((height, width, 3), 255, np.uint8)

    def spot(x: float, y: float) -> tuple[int, int]:
        return MARGIN + round(x * scale), height - MARGIN - round(y * scale)

    def fill(low: tuple[int, ...], high: tuple[int, ...], color: Color) -> None:
        cv2.rectangle(picture, spot(low[0], low[1]), spot(high[0], high[1]), color, cv2.FILLED)

    fill((0, 0), scene.size, FLOOR)
    cv2.rectangle(picture, spot(0, 0), spot(*scene.size[:2]), INK, 2)
    for thing in scene.things:
        for box in sorted(thing.boxes, key=lambda box: box.high[2]):
            fill(box.low, box.high, thing.color)
    for thing in scene.things:
        x, y = spot(*thing.centre)
        wide = cv2.getTextSize(thing.name, cv2.FONT_HERSHEY_SIMPLEX, 0.35, 1)[0][0]
        place = max(1, min(x - wide // 2, width - wide - 1)), y + 4
        cv2.putText(picture, thing.name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.35, INK, 1, cv2.LINE_AA)
    way = [spot(pose.place[0], pose.place[1]) for pose in scene.path]
    cv2.polylines(picture, [np.array(way, np.int32)], False, WAY, 1, cv2.LINE_AA)
    cv2.circle(picture, way[0], 4, START, cv2.FILLED)
    return picture
