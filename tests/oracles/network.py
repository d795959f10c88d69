"""Trees of members, measured by networkx and rustworkx.

    python3 tests/oracles/network.py > tests/oracles/network.json
"""

import json
import random
import sys

import networkx as nx
import rustworkx as rx

random.seed(15)
forests = []
for number in range(200):
    n = random.randint(1, 40)
    alone = random.choice([0.05, 0.2, 0.5])
    # Some are long, some are wide.
    near = random.random() < 0.5
    sponsor = [
        None if member == 0 or random.random() < alone else random.randrange(max(0, member - 3) if near else 0, member)
        for member in range(n)
    ]
    # The order of the table says nothing about who came first.
    order = list(range(n))
    random.shuffle(order)
    place = {member: row for row, member in enumerate(order)}
    sponsor = [None if sponsor[member] is None else place[sponsor[member]] for member in order]

    down = nx.DiGraph()
    down.add_nodes_from(range(n))
    down.add_edges_from((above, member) for member, above in enumerate(sponsor) if above is not None)
    flat = down.to_undirected()
    tops = [member for member in range(n) if sponsor[member] is None]
    top_of = {member: top for top in tops for member in {top} | nx.descendants(down, top)}
    depth = {member: length for top in tops for member, length in nx.shortest_path_length(down, top).items()}
    between = nx.betweenness_centrality(flat, normalized=False)

    graph = rx.PyGraph()
    graph.add_nodes_from(list(range(n)))
    graph.add_edges_from_no_data([(above, member) for member, above in enumerate(sponsor) if above is not None])
    other = rx.graph_betweenness_centrality(graph, normalized=False)
    assert all(abs(other[member] - between[member]) < 1e-9 for member in range(n))

    trees = []
    for top in tops:
        own = flat.subgraph([member for member in range(n) if top_of[member] == top])
        trees.append({
            "top": top,
            "members": len(own),
            "levels": 1 + max(depth[member] for member in own),
            "mean_distance": nx.average_shortest_path_length(own) if len(own) > 1 else None,
        })
    forests.append({
        "sponsor": sponsor,
        "recruits": [down.out_degree(member) for member in range(n)],
        "downline": [len(nx.descendants(down, member)) for member in range(n)],
        "downline_levels": [
            max(nx.single_source_shortest_path_length(down, member).values()) for member in range(n)
        ],
        "level": [depth[member] for member in range(n)],
        "top": [top_of[member] for member in range(n)],
        "betweenness": [between[member] for member in range(n)],
        "trees": trees,
    })

json.dump({
    "versions": {"networkx": nx.__version__, "rustworkx": rx.__version__, "python": sys.version.split()[0]},
    "forests": forests,
}, sys.stdout)
print()
