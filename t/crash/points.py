"""The list of kill points, points.txt, read."""
import collections, os

Point = collections.namedtuple('Point', 'name program how verb times')


def read_points(path=os.path.join(os.path.dirname(os.path.abspath(__file__)), 'points.txt')):
    out = []
    for line in open(path):
        words = line.split('#')[0].split()
        if not words:
            continue
        name, program, how, rest = words[0], words[1], words[2], words[3:]
        assert how in ('load', 'log', 'old', 'verb', 'test'), line
        times = 1 if how == 'verb' or not rest else int(rest[0])
        out.append(Point(name, program, how, rest if how == 'verb' else [], times))
    return out
