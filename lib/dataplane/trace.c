#include "graph_priv.h"
bool trace_wanted(void){return false;}
void trace_wrap(const struct generation *g __rte_unused){}
