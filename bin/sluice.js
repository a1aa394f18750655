#!/usr/bin/env node
import { launch } from './launch.js';

launch('sluice', 'src/cli/main.js');
