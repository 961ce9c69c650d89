"""Jobs from a shell: one or many, on one server or several, with a record of each on disk.

Stands on `gates.client`, which speaks to one server. Ray is named in `ray_door` alone, and is imported only
when a batch runs.
"""
