#!/usr/bin/env node
import { launch } from './launch.js';

launch('sluiced', 'worker/main.js');
