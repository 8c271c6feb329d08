# SPDX-License-Identifier: BSD-3-Clause
"""What bonding costs: testpmd sends everything to one sink, to net_bonding or to net_vchannel over three sinks."""
from .dpdk_programs import _Testpmd
from .program import register

_MEMBERS = (1, 2, 3)


class _Bonded(_Testpmd):
    """Port 0 gives; the bond is the last port; testpmd forwards between these two only."""
    expect = "none"
    bond = ""
    rss = 1

    def devices(self, run):
        run.sources = 1
        members = [run.xbench(port) for port in _MEMBERS]
        return [run.xbench(0, rss=self.rss), *members, self.bond]

    def options(self, run):
        return ["--port-topology=paired", "--portlist=0,4"]


@register
class Direct(_Testpmd):
    """The same traffic to one member, without a bond."""
    name = "testpmd-direct"
    lengthen = 3
    expect = "none"

    def devices(self, run):
        run.sources = 1
        return [run.xbench(0), run.xbench(1)]


@register
class Bonding(_Bonded):
    name = "net_bonding"
    bond = "net_bonding0,mode=2,slave=net_xbench1,slave=net_xbench2,slave=net_xbench3,xmit_policy=l34"


@register
class Vchannel(_Bonded):
    name = "net_vchannel"
    ours = True
    plugins = ("xbench", "vchannel")
    bond = "net_vchannel0,member=net_xbench1,weight=10000,member=net_xbench2,weight=10000," \
           "member=net_xbench3,weight=10000"


@register
class VchannelSoft(Vchannel):
    """Without a hash from the NIC."""
    name = "net_vchannel-nohash"
    rss = 0
