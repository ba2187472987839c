"""Which of the legal states of a disk are tried: (namings, hows), see Disk.state."""


def choose_how(rng, data):
    """An end for a write that nobody synced."""
    if data is None or len(data) < 2:
        return rng.choice(("whole", "lost"))
    cut = rng.choice((rng.randrange(1, len(data)), min(4096, len(data) - 1),
                      (len(data) - 1) // 512 * 512 or 1))
    return rng.choice(("whole", "lost", "zeros", "junk", ("head", cut), ("tail", cut)))


RECENT = 8  # so many of the last changes are looked at one by one; older ones at random


def systematic(disk, moment):
    """Of a moment: nothing, all, each recent thing alone, all but one."""
    everything = set(moment.namings)
    lost = {i: "lost" for i in moment.writes}
    yield set(), lost
    yield everything, {}
    yield everything, lost
    yield everything, {i: "zeros" for i in moment.writes}
    for i in moment.namings[-RECENT:]:
        for namings in moment.close([i]), moment.above(i):
            yield namings, lost
            yield namings, {}
    for i in moment.writes[-RECENT:]:
        data = disk.recording.events[i].data
        ends = ["lost"]
        if data and len(data) > 1:
            half = len(data) // 2
            ends += ["zeros", "junk", ("head", half), ("tail", half)]
        for how in ends:
            yield everything, {i: how}
        yield everything, lost | {i: "whole"}


def at_random(disk, moment, rng):
    share = rng.random()
    namings = moment.close([i for i in moment.namings if rng.random() < share])
    share = rng.random()
    hows = {}
    for i in moment.writes:
        how = choose_how(rng, disk.recording.events[i].data)
        hows[i] = how if rng.random() < share else rng.choice(("whole", "lost"))
    return namings, hows


def without_sync(disk, moment, normal):
    """Of a moment without one of the syncs: what is not sure any more is lost; NORMAL is the
    moment with it."""
    names = set(moment.namings) - set(normal.namings)
    writes = set(moment.writes) - set(normal.writes)
    if not names and not writes:
        return
    everything = set(moment.namings)
    for i in names:
        everything &= moment.above(i)
    lost = {i: "lost" for i in moment.writes}
    ends = [{i: "lost" for i in writes}, lost]
    if any(len(disk.recording.events[i].data or b"") > 1 for i in writes):
        ends.append({i: "zeros" for i in writes})
    sets = [everything, set()] + [moment.above(i) for i in sorted(names)]
    sets += [moment.above(i) & everything for i in reversed(moment.namings)]
    sets += [s for i in moment.namings if not (s := moment.close([i])) & names]
    for namings in sets:
        for hows in ends:
            yield namings, hows
